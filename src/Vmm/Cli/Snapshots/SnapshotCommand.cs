using System.CommandLine;
using System.Globalization;
using Vmm.Cli.Machines;
using Vmm.Control.Local;
using Vmm.Registry;
using Vmm.Snapshot;

namespace Vmm.Cli.Snapshots;

/// <summary><c>vmm snapshot</c>: freezes a running or paused VM to a folder; it goes on as it was.</summary>
internal static class SnapshotCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> name = VmArgument.One();
        Argument<string> path = new("folder") { Description = "Where the snapshot is to be; it does not exist yet" };
        Option<bool> replace = new("--replace") { Description = "Take the place of the snapshot that is there" };
        Option<string?> parent = new("--parent") { Description = "Save only what changed since this snapshot, which was taken last, with --track", HelpName = "FOLDER" };
        Option<bool> track = new("--track") { Description = "Watch what changes from now on, so that the next one can build upon this one" };
        Option<bool> live = new("--live") { Description = "Let the guest run on while its memory is saved (userfaultfd)" };
        Option<bool> freeze = new("--freeze") { Description = "Have the guest agent freeze the file systems for the moment" };
        Option<string?> output = VmArgument.Output();
        Command command = new("snapshot", "Freeze a VM to disk and let it go on") { name, path, parent, track, live, freeze, replace, output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            VmFolder folder = VmHome.Find().Existing(line.GetValue(name)!);
            using ControlClient client = ControlClient.Connect(folder, "take a snapshot of");
            client.Stream.IsPatient = true;
            SnapshotRequest request = new(SnapshotFolder.FullPath(line.GetValue(path)!))
            {
                Replace = line.GetValue(replace),
                Parent = line.GetValue(parent) is string before ? SnapshotFolder.FullPath(before) : null,
                Track = line.GetValue(track),
                Live = line.GetValue(live),
                Frozen = line.GetValue(freeze),
            };
            SnapshotReport Ask() => client.Ask(new ControlRequest { Verb = ControlVerb.Snapshot, Snapshot = request }).Snapshot!;
            SnapshotReport report = request.Frozen ? FrozenFileSystems.While(folder, Ask, client.Stream.HangUp) : Ask();
            if (json)
                MachinesJson.Print(report, MachinesJson.Default.SnapshotReport);
            else
                System.Console.Out.Write(Text(report));
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static string Text(SnapshotReport report)
    {
        TextTable table = new();
        table.Add("snapshot", report.Path);
        table.Add("id", report.Id.ToString());
        table.Add("kind", Machine.Config.Word.Of(report.Kind));
        table.Add("memory written", string.Create(CultureInfo.InvariantCulture, $"{report.MemoryBytes / (double)(1 << 20):0.0} MiB"));
        table.Add("guest held for", string.Create(CultureInfo.InvariantCulture, $"{report.PausedMicroseconds / 1000:0.0} ms"));
        table.Add("in all", string.Create(CultureInfo.InvariantCulture, $"{report.TotalMicroseconds / 1000:0.0} ms"));
        return table.ToString();
    }
}
