using System.CommandLine;
using Vmm.Control.Local;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm pause</c>, <c>resume</c>, <c>reboot</c>, <c>nmi</c>: one request to the VM's process.</summary>
internal static class SteerCommands
{
    /// <summary><c>vmm pause</c>.</summary>
    public static Command Pause() => VmArgument.Verb("pause", "Hold every vCPU of a VM", ControlVerb.Pause);

    /// <summary><c>vmm reboot</c>.</summary>
    public static Command Reboot() => VmArgument.Verb("reboot", "Start a VM's guest again, as its reset button would", ControlVerb.Reboot);

    /// <summary><c>vmm nmi</c>.</summary>
    public static Command Nmi() => VmArgument.Verb("nmi", "Send a non-maskable interrupt to every vCPU", ControlVerb.Nmi);

    /// <summary><c>vmm resume</c>.</summary>
    public static Command Resume()
    {
        Argument<string[]> names = VmArgument.Some();
        Option<bool> force = new("--force") { Description = "Also one that a migration may have brought elsewhere: you know that it does not run there" };
        Command command = new("resume", "Let a paused VM go on") { names, force };
        command.SetAction(line => VmArgument.ForEach(line.GetValue(names)!, folder =>
        {
            using ControlClient client = ControlClient.Connect(folder, "resume");
            client.Ask(new ControlRequest { Verb = ControlVerb.Resume, Force = line.GetValue(force) });
        }));
        return command;
    }
}
