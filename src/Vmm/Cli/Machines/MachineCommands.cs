using System.CommandLine;

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
        StopCommand.Create(),
        KillCommand.Create(),
        RenameCommand.Create(),
        RemoveCommand.Create(),
        StatsCommand.Create(),
        TopCommand.Create(),
        LogsCommand.Create(),
        EventsCommand.Create(),
        WaitCommand.Create(),
        InternalCommand.Create(),
    ];
}
