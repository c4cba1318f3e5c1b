using System.CommandLine;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm rm</c>: forgets a VM, with its logs. Its disks are the user's and stay.</summary>
internal static class RemoveCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string[]> names = VmArgument.Some();
        Option<bool> force = new("--force") { Description = "End it first if it runs" };
        Command command = new("rm", "Forget a VM, with its logs; its disks stay") { names, force };
        command.SetAction(line => VmArgument.ForEach(line.GetValue(names)!, folder =>
        {
            if (line.GetValue(force) && folder.IsAlive)
                KillCommand.Kill(folder);
            Remove(folder);
        }));
        return command;
    }

    private static void Remove(VmFolder folder)
    {
        // A VM that was just killed with --rm went by itself.
        if (!folder.Exists)
            return;
        using LockedVm vm = folder.TakeSoon("remove");
        vm.Remove();
    }
}
