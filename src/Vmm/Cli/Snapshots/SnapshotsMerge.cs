using System.CommandLine;
using Vmm.Cli.Machines;
using Vmm.Consoles;
using Vmm.Host;
using Vmm.Snapshot;

namespace Vmm.Cli.Snapshots;

/// <summary><c>vmm snapshots merge</c>: an incremental snapshot and all that it builds upon become a full one.</summary>
internal static class SnapshotsMerge
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> from = new("folder") { Description = "The incremental snapshot; it and its parents stay" };
        Argument<string> to = new("new-folder") { Description = "Where the full one is to be" };
        Option<bool> replace = new("--replace") { Description = "Take the place of the snapshot that is there" };
        Option<string?> output = VmArgument.Output();
        Command command = new("merge", "Make a full snapshot of an incremental one and its parents") { from, to, replace, output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            SnapshotFolder merged = new(line.GetValue(to)!);
            Merge(new SnapshotFolder(line.GetValue(from)!), merged.Path, line.GetValue(replace));
            if (json)
                MachinesJson.Print(SnapshotRow.Of(merged), MachinesJson.Default.SnapshotRow);
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    /// <summary>Merges, and gives it up in good order when a signal asks the process to end.</summary>
    /// <param name="from">The newest of the chain.</param>
    /// <param name="to">Where the full one is to be, as an absolute path.</param>
    /// <param name="replace">Whether it may take the place of another.</param>
    /// <param name="meanwhile">Called each time before it is looked whether one came; null for nothing.</param>
    /// <exception cref="VmmException">It cannot be made, or was given up: nothing is left of it.</exception>
    public static void Merge(SnapshotFolder from, string to, bool replace, Action<StopSignals>? meanwhile = null)
    {
        using StopSignals signals = new(_ => { });
        SnapshotMerger.Merge(from, to, replace, () =>
        {
            meanwhile?.Invoke(signals);
            if (signals.Received is int signal and not 0)
                throw new VmmException("given up; nothing is left of the merged snapshot, and those that it was made of are as they were", ExitCodes.Signalled(signal));
        });
    }
}
