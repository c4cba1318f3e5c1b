using System.CommandLine;
using Vmm.Background;
using Vmm.Machine.Config;
using Vmm.Registry;
using Vmm.Snapshot;

namespace Vmm.Cli.Snapshots;

/// <summary><c>vmm restore</c>: a VM that goes on where a snapshot was taken, here or in the background. As many from one snapshot as wanted.</summary>
internal static class RestoreCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> path = new("folder") { Description = "The snapshot" };
        Option<bool> detach = new("--detach", "-d") { Description = "Run it in the background and print its name" };
        Option<bool> remove = new("--rm") { Description = "With -d: forget it when it ends" };
        Option<bool> paused = new("--paused") { Description = "Hold the guest until 'vmm resume'" };
        Option<bool> trust = new("--trust-disks") { Description = "Take the disks for unchanged, whatever their times say" };
        Option<bool> track = new("--track") { Description = "Watch what changes, so that the next snapshot can build upon this one" };
        Option<string?> memory = new("--memory") { Description = $"How the guest gets its memory: {Word.All<RestoreMode>()} [lazy]", HelpName = "MODE" };
        Command command = new("restore", "Let a VM go on where a snapshot was taken") { path, detach, remove, paused, trust, track, memory };
        RestoreArguments machine = new(command, "gdb");
        ControlOptions control = new();
        control.AddTo(command);
        command.SetAction(line =>
        {
            SnapshotFolder folder = new(line.GetValue(path)!);
            SnapshotDescription snapshot = SnapshotDescription.Read(folder);
            MachineConfig config = machine.Describe(line, snapshot.Config);
            RestoreSettings how = new(folder.Path) { Paused = line.GetValue(paused), TrustDisks = line.GetValue(trust), Track = line.GetValue(track), Mode = Mode(command, line.GetValue(memory)), Description = snapshot };
            if (!line.GetValue(detach))
                return MachineSession.Run(config, control.Read(line), how);
            // The process opens the snapshot; what it refuses leaves no VM.
            string name = BackgroundLauncher.Run(config, control.AddTo(line, new VmRecord { RemoveAtEnd = line.GetValue(remove), Restore = how }));
            System.Console.Out.WriteLine(name);
            if (!how.Paused)
                GuestWakeUp.Do(VmHome.Find().Existing(name), config, snapshot.Manifest.Frozen);
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static RestoreMode Mode(Command command, string? word)
    {
        try
        {
            return word is null ? RestoreMode.Lazy : Word.Parse<RestoreMode>(word);
        }
        catch (FormatException wrong)
        {
            throw UsageException.For(command, $"--memory: {wrong.Message}");
        }
    }
}
