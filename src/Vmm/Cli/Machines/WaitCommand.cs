using System.CommandLine;
using Vmm.Control.Local;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm wait</c>: waits until a VM's run is over, and exits as its process did.</summary>
internal static class WaitCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> name = VmArgument.One();
        Command command = new("wait", "Wait until a VM's run is over; exits with its exit code") { name };
        command.SetAction(line =>
        {
            VmFolder folder = VmHome.Find().Existing(line.GetValue(name)!);
            using (ControlClient? client = ControlClient.TryConnect(folder))
                client?.WaitForEnd(Timeout.InfiniteTimeSpan);
            return folder.ReadRecord().ExitCode ?? ExitCodes.PoweredOff;
        });
        return command;
    }
}
