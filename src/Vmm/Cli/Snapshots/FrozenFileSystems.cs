using Vmm.GuestAgent;
using Vmm.Registry;

namespace Vmm.Cli.Snapshots;

/// <summary>Does something while the guest's file systems are frozen, and has them thawed whatever comes of it.</summary>
internal static class FrozenFileSystems
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Does it.</summary>
    /// <exception cref="Host.VmmException">There is no agent, or it refused; or what was to be done failed.</exception>
    public static T While<T>(VmFolder folder, Func<T> act)
    {
        AgentPort agent = new(folder);
        agent.Talk(s_patience, client => client.Execute("guest-fsfreeze-freeze"));
        try
        {
            return act();
        }
        finally
        {
            agent.Talk(s_patience, client => client.Execute("guest-fsfreeze-thaw"));
        }
    }
}
