using System.CommandLine;
using Vmm.Control.Local;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm rename</c>: gives a VM another name, running or not.</summary>
internal static class RenameCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> name = VmArgument.One();
        Argument<string> target = new("new-name") { Description = "The name it shall have" };
        Command command = new("rename", "Give a VM another name") { name, target };
        command.SetAction(line =>
        {
            VmFolder folder = VmHome.Find().Existing(line.GetValue(name)!);
            string wanted = folder.Home.Folder(line.GetValue(target)!).Name;
            if (folder.IsAlive)
            {
                using ControlClient client = ControlClient.Connect(folder, "rename");
                client.Ask(ControlVerb.Rename, wanted);
                return ExitCodes.PoweredOff;
            }
            using LockedVm vm = folder.Take("rename");
            vm.Rename(wanted);
            return ExitCodes.PoweredOff;
        });
        return command;
    }
}
