using System.CommandLine;
using Vmm.Background;
using Vmm.Host;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary>The verb by which a background VM's process is told what it is. Hidden: it takes descriptors that only <c>vmm</c> itself hands over.</summary>
internal static class InternalCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> name = VmArgument.One();
        Argument<int> lockFd = new("lock");
        Argument<int> reportFd = new("report");
        Command command = new(BackgroundLauncher.Verb, "The process of a VM in the background") { name, lockFd, reportFd };
        command.Hidden = true;
        command.SetAction(line =>
        {
            using LockedVm vm = new(VmHome.Find().Existing(line.GetValue(name)!), Adopt(line.GetValue(lockFd)));
            return BackgroundMachine.Run(vm, Adopt(line.GetValue(reportFd)));
        });
        return command;
    }

    /// <summary>Takes over a descriptor, which no child of ours shall have.</summary>
    private static SafeFd Adopt(int number)
    {
        if (number <= StandardError.Descriptor || Linux.fcntl(number, Linux.F_SETFD, Linux.FD_CLOEXEC) < 0)
            throw new VmmException($"'{BackgroundLauncher.Verb}' is for vmm itself: use 'vmm run -d' or 'vmm start'", ExitCodes.Usage);
        return new SafeFd(number);
    }
}
