using System.CommandLine;
using Vmm.Control.Local;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm pause</c>, <c>resume</c>, <c>reboot</c>, <c>nmi</c>: one request to the VM's process.</summary>
internal static class SteerCommands
{
    /// <summary>The commands for the parser.</summary>
    public static IEnumerable<Command> Create() =>
    [
        VmArgument.Verb("pause", "Hold every vCPU of a VM", ControlVerb.Pause),
        VmArgument.Verb("resume", "Let a paused VM go on", ControlVerb.Resume),
        VmArgument.Verb("reboot", "Start a VM's guest again, as its reset button would", ControlVerb.Reboot),
        VmArgument.Verb("nmi", "Send a non-maskable interrupt to every vCPU", ControlVerb.Nmi),
    ];
}
