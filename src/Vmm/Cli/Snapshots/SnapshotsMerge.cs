using System.CommandLine;
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
        Command command = new("merge", "Make a full snapshot of an incremental one and its parents") { from, to, replace };
        command.SetAction(line =>
        {
            SnapshotMerger.Merge(new SnapshotFolder(line.GetValue(from)!), SnapshotFolder.FullPath(line.GetValue(to)!), line.GetValue(replace));
            return ExitCodes.PoweredOff;
        });
        return command;
    }
}
