namespace Vmm.Machine.Config;

/// <summary>Checks the network devices by themselves and against each other, and gives each its name and address.</summary>
internal static class NetListResolver
{
    /// <summary>The list with every gap filled in.</summary>
    /// <exception cref="MachineConfigException">One is wrong, or two collide.</exception>
    public static IReadOnlyList<NetConfig> Resolve(MachineConfig machine)
    {
        IReadOnlyList<NetConfig> nets = machine.Net;
        // Limits and counters go by ids: a disk's is no other device's.
        HashSet<string> ids = new(machine.Disk.Select(disk => disk.Id).OfType<string>(), StringComparer.Ordinal);
        HashSet<MacAddress> macs = [];
        for (int i = 0; i < nets.Count; i++)
        {
            string field = $"net[{i}]";
            NetRules.Check(field, nets[i]);
            CheckAgainstOthers(nets, i);
            if (nets[i].Id is string id && !ids.Add(id))
                throw new MachineConfigException(field + ".id", $"'{id}' is the id of another device");
            if (nets[i].Mac is MacAddress mac && !macs.Add(mac))
                throw new MachineConfigException(field + ".mac", $"{mac} is the address of another network device; leave one out, and vmm makes one");
        }
        List<NetConfig> resolved = new(nets.Count);
        foreach (NetConfig net in nets)
            resolved.Add(Complete(machine, net, resolved.Count, ids, macs));
        return resolved;
    }

    private static NetConfig Complete(MachineConfig machine, NetConfig net, int index, HashSet<string> ids, HashSet<MacAddress> macs)
    {
        MacAddress? mac = net.Mac;
        for (int attempt = 0; mac is null; attempt++)
        {
            MacAddress made = MacAddresses.Make(machine.IsNamed ? machine.Name : null, index, attempt);
            if (macs.Add(made))
                mac = made;
        }
        int number = index;
        string id = net.Id ?? $"net{number}";
        while (net.Id is null && !ids.Add(id))
            id = $"net{++number}";
        // Large packets are to passt what offloads are to a tap; it tells the guest of this size by DHCP, too.
        int? mtu = net.Mtu ?? (net.Passt ? NetRules.LargestPasstMtu : null);
        return net with { Mac = mac, Id = id, Mtu = mtu, Queues = net.Queues ?? net.Fd?.Count ?? 1 };
    }

    private static void CheckAgainstOthers(IReadOnlyList<NetConfig> nets, int index)
    {
        NetConfig net = nets[index];
        string field = $"net[{index}]";
        for (int other = 0; other < index; other++)
        {
            if (net.Tap is not null && nets[other].Tap == net.Tap)
                throw new MachineConfigException(field + ".tap", $"'{net.Tap}' is another network device's tap already");
            if (net.Fd is not null && nets[other].Fd?.Intersect(net.Fd).ToArray() is [int fd, ..])
                throw new MachineConfigException(field + ".fd", $"{fd} is another network device's descriptor already");
        }
        for (int i = 0; i < net.Forward.Count; i++)
        {
            IEnumerable<PortForward> earlier = nets.Take(index).SelectMany(other => other.Forward).Concat(net.Forward.Take(i));
            if (earlier.Where(net.Forward[i].Collides).ToArray() is [PortForward taken, ..])
                throw new MachineConfigException($"{field}.forward[{i}]", $"'{net.Forward[i]}' wants the host's port that '{taken}' has already");
        }
    }
}
