using Vmm.Devices.Virtio.Console;

namespace Vmm.Machine.Config;

/// <summary>Checks named ports against each other.</summary>
internal static class PortListResolver
{
    /// <summary>A name goes into /dev of the guest, and may go into the VM's folder.</summary>
    private const int LongestName = 63;

    /// <summary>Lets them pass or says why not.</summary>
    /// <exception cref="MachineConfigException">A name or path is unusable, or two ports collide.</exception>
    public static IReadOnlyList<PortConfig> Resolve(IReadOnlyList<PortConfig> ports)
    {
        if (ports.Count > VirtioPorts.MostPorts)
            throw new MachineConfigException("port", $"{ports.Count} ports are too many: a machine has at most {VirtioPorts.MostPorts}");
        for (int i = 0; i < ports.Count; i++)
        {
            PortConfig port = ports[i];
            NameRules.Check($"port[{i}].name", port.Name, LongestName);
            if (port.Socket is string path)
                PathRules.Check($"port[{i}].socket", path);
            for (int other = 0; other < i; other++)
            {
                if (ports[other].Name == port.Name)
                    throw new MachineConfigException($"port[{i}].name", $"'{port.Name}' is the name of another port");
                if (port.Socket is string socket && ports[other].Socket is string taken && PathRules.AreSame(socket, taken))
                    throw new MachineConfigException($"port[{i}].socket", $"'{Printable.Escape(socket)}' is the socket of another port");
            }
        }
        return ports;
    }
}
