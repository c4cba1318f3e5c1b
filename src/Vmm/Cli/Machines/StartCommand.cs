using System.CommandLine;
using Vmm.Background;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm start</c>: starts a VM that was created, or has ended, in the background.</summary>
internal static class StartCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create() => VmArgument.Verb("start", "Start a VM in the background", folder =>
    {
        using LockedVm vm = folder.TakeSoon("start");
        BackgroundLauncher.Start(vm);
    });
}
