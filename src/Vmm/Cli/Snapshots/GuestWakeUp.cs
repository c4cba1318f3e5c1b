using Vmm.GuestAgent;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Registry;

namespace Vmm.Cli.Snapshots;

/// <summary>
/// What a guest cannot know by itself once it goes on from a snapshot: that its file systems may be written again, and what
/// time it is. Its agent is told, where it has one; what cannot be told is left to the user.
/// </summary>
internal static class GuestWakeUp
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Sees to it.</summary>
    /// <param name="folder">The VM, which runs.</param>
    /// <param name="config">Its description.</param>
    /// <param name="isFrozen">Whether its file systems were frozen when the snapshot was taken.</param>
    public static void Do(VmFolder folder, MachineConfig config, bool isFrozen)
    {
        if (!config.Port.Any(port => port.Name == PortConfig.GuestAgent))
            return;
        if (isFrozen && !Tell(folder, $"its file systems are frozen still (vmm agent {folder.Name} thaw)", Thaw))
            return;
        Tell(folder, $"its time of day is behind (vmm agent {folder.Name} set-time)", SetTime);
    }

    private static void Thaw(AgentClient agent) => agent.Execute("guest-fsfreeze-thaw");

    private static void SetTime(AgentClient agent)
    {
        long now = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        agent.Execute("guest-set-time", new AgentMessages.TimeArguments(now), AgentJson.Default.TimeArguments);
    }

    private static bool Tell(VmFolder folder, string otherwise, Action<AgentClient> what)
    {
        try
        {
            return new AgentPort(folder).Talk(s_patience, agent =>
            {
                what(agent);
                return true;
            });
        }
        catch (VmmException refused)
        {
            System.Console.Error.WriteLine($"vmm: {refused.Message}; {otherwise}");
            return false;
        }
    }
}
