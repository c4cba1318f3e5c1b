using System.CommandLine;
using Vmm.Control.Local;

namespace Vmm.Cli.Machines;

/// <summary>
/// <c>vmm renew-generation</c>: tells a running guest that it is a copy, as a restore does. Hidden: it is for looking at
/// what a guest makes of that.
/// </summary>
internal static class RenewGenerationCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Command command = VmArgument.Verb("renew-generation", "Give a VM a new generation ID, as if it had been copied", ControlVerb.RenewGeneration);
        command.Hidden = true;
        return command;
    }
}
