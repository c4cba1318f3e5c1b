using System.CommandLine;
using Vmm.Cli.Inspect;
using Vmm.Cli.Snapshots;
using Vmm.Cli.Trace;

namespace Vmm.Cli.Machines;

/// <summary>The commands on VMs that exist, in the order of the help.</summary>
internal static class MachineCommands
{
    /// <summary>All of them.</summary>
    public static IEnumerable<Command> Create() =>
    [
        CreateCommand.Create(),
        StartCommand.Create(),
        ListCommand.Create(),
        InfoCommand.Create(),
        ConsoleCommand.Create(),
        .. SteerCommands.Create(),
        SnapshotCommand.Create(),
        RestoreCommand.Create(),
        SnapshotsCommand.Create(),
        InspectCommand.Create(),
        CoredumpCommand.Create(),
        MigrateCommand.Create(),
        .. ReceiveCommand.Create(),
        LimitCommand.Create(),
        LinkCommand.Create(),
        StopCommand.Create(),
        KillCommand.Create(),
        RenameCommand.Create(),
        RemoveCommand.Create(),
        BalloonCommand.Create(),
        StatsCommand.Create(),
        TopCommand.Create(),
        TraceCommand.Create(),
        LogsCommand.Create(),
        EventsCommand.Create(),
        WaitCommand.Create(),
        RenewGenerationCommand.Create(),
        InternalCommand.Create(),
    ];
}
