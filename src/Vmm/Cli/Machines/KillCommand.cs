using System.CommandLine;
using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm kill</c>: ends a guest at once, as pulling the plug does. Disks are flushed; the process goes in any case.</summary>
internal static class KillCommand
{
    /// <summary>A process that has not ended by then will not.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>One that has not even answered by then is stopped or stuck.</summary>
    public static readonly TimeSpan PatienceWithAnswer = TimeSpan.FromSeconds(5);

    /// <summary>The command for the parser.</summary>
    public static Command Create() => VmArgument.Verb("kill", "End a VM's guest at once, as pulling the plug does", folder =>
    {
        if (!folder.IsAlive)
            throw new VmmException($"cannot kill '{folder.Name}': it is not running");
        Kill(folder);
    });

    /// <summary>Ends it, and returns when it is gone.</summary>
    public static void Kill(VmFolder folder)
    {
        long start = Environment.TickCount64;
        using (ControlClient? client = ControlClient.TryConnect(folder, PatienceWithAnswer))
        {
            try
            {
                client?.Ask(ControlVerb.Kill);
                if (client?.WaitUntilGone(s_patience) == true)
                    return;
            }
            catch (VmmException)
            {
                // It was quicker and has hung up, or does not answer.
                if (Environment.TickCount64 - start < PatienceWithAnswer.TotalMilliseconds)
                    folder.AwaitEnd();
            }
        }
        if (!folder.IsAlive || folder.ReadRecord().Pid is not int pid)
            return;
        _ = Linux.kill(pid, Linux.SIGKILL);
        folder.AwaitEnd();
    }
}
