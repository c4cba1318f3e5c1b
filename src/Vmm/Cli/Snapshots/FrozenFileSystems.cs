using Vmm.Consoles;
using Vmm.GuestAgent;
using Vmm.Host;
using Vmm.Registry;

namespace Vmm.Cli.Snapshots;

/// <summary>Does something while the guest's file systems are frozen, and has them thawed whatever comes of it: a signal that ends the command, too.</summary>
internal static class FrozenFileSystems
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Does it.</summary>
    /// <param name="folder">The VM.</param>
    /// <param name="act">What; it fails once it was given up.</param>
    /// <param name="giveUp">Gives it up, on another thread.</param>
    /// <exception cref="VmmException">There is no agent, or it refused; or what was to be done failed or was given up.</exception>
    public static T While<T>(VmFolder folder, Func<T> act, Action giveUp)
    {
        AgentPort agent = new(folder);
        int ended = 0;
        using EndSignals signals = new((context, number) =>
        {
            context.Cancel = true;
            if (Interlocked.CompareExchange(ref ended, number, 0) == 0)
                giveUp();
        });
        try
        {
            agent.Talk(s_patience, client => client.Execute("guest-fsfreeze-freeze"));
            return Act(act, agent);
        }
        catch (VmmException failed) when (Volatile.Read(ref ended) != 0)
        {
            throw new VmmException($"given up; the guest's file systems are thawed, and nothing is left of the snapshot ({failed.Message})", ExitCodes.Signalled(ended), failed);
        }
    }

    private static T Act<T>(Func<T> act, AgentPort agent)
    {
        T result;
        try
        {
            result = act();
        }
        catch (Exception failed) when (failed is VmmException or HostException)
        {
            if (Thaw(agent) is { } stillFrozen)
                throw new VmmException($"{failed.Message}; and {stillFrozen}", cause: failed);
            throw;
        }
        if (Thaw(agent) is { } frozen)
            StandardError.Write($"vmm: {frozen}\n");
        return result;
    }

    /// <returns>Why the file systems are still frozen, and what helps; null when they are not.</returns>
    private static string? Thaw(AgentPort agent)
    {
        try
        {
            agent.Talk(s_patience, client => client.Execute("guest-fsfreeze-thaw"));
            return null;
        }
        catch (Exception refused) when (refused is VmmException or HostException)
        {
            return $"the guest's file systems are still frozen ({refused.Message}): try 'vmm agent VM thaw'";
        }
    }
}
