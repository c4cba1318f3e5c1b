using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Control;

/// <summary>Which of a machine's network devices a user means.</summary>
internal static class NetChoice
{
    /// <summary>A device's place among them.</summary>
    /// <param name="nets">All of them.</param>
    /// <param name="id">Its id; null for the only one.</param>
    /// <exception cref="VmmException">There is none of that id, or more than one.</exception>
    public static int Find(IReadOnlyList<NetConfig> nets, string? id)
    {
        if (nets.Count == 0)
            throw new VmmException("the VM has no network device (--net)");
        if (id is null)
            return nets.Count == 1 ? 0 : throw new VmmException($"the VM has {nets.Count} network devices: say which of {Names(nets)}", ExitCodes.Usage);
        for (int i = 0; i < nets.Count; i++)
        {
            if (nets[i].Id == id)
                return i;
        }
        throw new VmmException($"the VM has no network device '{Printable.Escape(id)}', but {Names(nets)}", ExitCodes.Usage);
    }

    /// <summary>The machine's description with another link.</summary>
    public static MachineConfig WithLink(MachineConfig config, int index, NetLink link) =>
        config with { Net = [.. config.Net.Select((net, i) => i == index ? net with { Link = link } : net)] };

    private static string Names(IReadOnlyList<NetConfig> nets) => string.Join(", ", nets.Select(net => net.Id));
}
