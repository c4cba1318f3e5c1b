using System.CommandLine;
using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm wait</c>: waits until a VM's run is over, and exits as its process did.</summary>
internal static class WaitCommand
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> name = VmArgument.One();
        Command command = new("wait", "Wait until a VM's run is over; exits with its exit code") { name };
        command.SetAction(line => WaitFor(VmHome.Find().Existing(line.GetValue(name)!)));
        return command;
    }

    /// <summary>Waits for the end of a VM's run.</summary>
    /// <returns>What its process exits with.</returns>
    /// <exception cref="VmmException">It was killed.</exception>
    public static int WaitFor(VmFolder folder)
    {
        int? code = null;
        using (ControlClient? client = ControlClient.TryConnect(folder))
        {
            try
            {
                client?.WaitForEnd(Timeout.InfiniteTimeSpan, out code);
            }
            catch (VmmException)
            {
                // It was about to end, and hung up.
            }
        }
        // Its record is complete once its process is gone, which takes a moment after it stopped listening.
        while (code is null && folder.IsAlive)
            Thread.Sleep(s_look);
        // Its own last words first: a VM that is removed at its end has no record any more.
        return code ?? Recorded(folder);
    }

    private static int Recorded(VmFolder folder)
    {
        if (!folder.Exists)
            throw new VmmException($"'{folder.Name}' is gone, and nothing tells how it ended");
        VmRecord record = folder.ReadRecord();
        if (record.StartedAt is null)
            throw new VmmException($"'{folder.Name}' has not been started: there is no end to wait for");
        return record.StartedAt is not null && record.EndedAt is null
            ? throw new VmmException($"the process of '{folder.Name}' ended without a word: it was killed, or the host went down")
            : record.ExitCode ?? ExitCodes.PoweredOff;
    }
}
