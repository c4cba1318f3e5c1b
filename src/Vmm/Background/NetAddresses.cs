using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Registry;

namespace Vmm.Background;

/// <summary>
/// Sees to it that no two VMs of a user were given one MAC address. They are made from names, and a name may be another
/// VM's by now: who was renamed keeps the address. One that the user gave is the user's affair.
/// </summary>
internal static class NetAddresses
{
    /// <summary>The description, with other addresses where those made for it are taken.</summary>
    public static MachineConfig Settle(VmHome home, MachineConfig config)
    {
        if (config.Net.Count == 0)
            return config;
        HashSet<MacAddress> taken = [.. home.All().Where(folder => folder.Name != config.Name).SelectMany(Addresses)];
        return config with { Net = [.. config.Net.Select((net, index) => net with { Mac = Free(config.Name, index, net.Mac!.Value, taken) })] };
    }

    private static MacAddress Free(string machine, int index, MacAddress address, HashSet<MacAddress> taken)
    {
        if (address != MacAddresses.Make(machine, index))
            return address;
        for (int attempt = 1; taken.Contains(address); attempt++)
            address = MacAddresses.Make(machine, index, attempt);
        return address;
    }

    private static IEnumerable<MacAddress> Addresses(VmFolder folder)
    {
        try
        {
            return [.. folder.ReadConfig().Net.Where(net => net.Mac is not null).Select(net => net.Mac!.Value)];
        }
        catch (VmmException)
        {
            // A description that cannot be read, or goes at this moment, will not be started either.
            return [];
        }
    }
}
