using System.CommandLine;
using Vmm.Background;
using Vmm.Cli.Agent;
using Vmm.Cli.Check;
using Vmm.Cli.Inspect;
using Vmm.Cli.Machines;
using Vmm.Cli.Snapshots;
using Vmm.Cli.Trace;

namespace Vmm.Cli;

/// <summary>
/// The verbs of <c>vmm</c>, in the order of the help. A start makes only the one that its first argument names: to make all
/// of them, with their options, takes longer than to start a guest.
/// </summary>
internal static class Verbs
{
    private static readonly (string Name, Func<Command> Create)[] s_all =
    [
        ("run", RunCommand.Create),
        ("create", CreateCommand.Create),
        ("start", StartCommand.Create),
        ("list", ListCommand.Create),
        ("info", InfoCommand.Create),
        ("console", ConsoleCommand.Create),
        ("pause", SteerCommands.Pause),
        ("resume", SteerCommands.Resume),
        ("reboot", SteerCommands.Reboot),
        ("nmi", SteerCommands.Nmi),
        ("snapshot", SnapshotCommand.Create),
        ("restore", RestoreCommand.Create),
        ("snapshots", SnapshotsCommand.Create),
        ("inspect", InspectCommand.Create),
        ("coredump", CoredumpCommand.Create),
        ("migrate", MigrateCommand.Create),
        ("receive", ReceiveCommand.Create),
        (DetachedReceiver.Verb, ReceiveCommand.CreateInBackground),
        ("limit", LimitCommand.Create),
        ("link", LinkCommand.Create),
        ("stop", StopCommand.Create),
        ("kill", KillCommand.Create),
        ("rename", RenameCommand.Create),
        ("rm", RemoveCommand.Create),
        ("balloon", BalloonCommand.Create),
        ("stats", StatsCommand.Create),
        ("top", TopCommand.Create),
        ("trace", TraceCommand.Create),
        ("logs", LogsCommand.Create),
        ("events", EventsCommand.Create),
        ("wait", WaitCommand.Create),
        ("renew-generation", RenewGenerationCommand.Create),
        (BackgroundLauncher.Verb, InternalCommand.Create),
        ("agent", AgentCommand.Create),
        ("check", CheckCommand.Create),
        ("bench", BenchCommand.Create),
        ("firmware", FirmwareCommand.Create),
        ("version", VersionCommand.Create),
    ];

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Names => s_all.Select(verb => verb.Name);

    /// <summary>Makes the command of this name, or all of them if there is none: they are looked at for the help and for what was meant.</summary>
    /// <param name="name">The first argument; null for all.</param>
    public static IEnumerable<Command> Create(string? name)
    {
        int found = Array.FindIndex(s_all, verb => verb.Name == name);
        return found >= 0 ? [s_all[found].Create()] : s_all.Select(verb => verb.Create());
    }
}
