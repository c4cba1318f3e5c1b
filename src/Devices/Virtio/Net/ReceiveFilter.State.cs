using Vmm.Devices.State;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Net;

/// <content>Saving and restoring. What is filtered by follows from the driver's features.</content>
internal sealed partial class ReceiveFilter
{
    private const byte AllModes = (1 << NetworkControl.VIRTIO_NET_CTRL_RX_NOBCAST + 1) - 1;

    /// <summary>Both tables, six bytes an address, and whether they have all that was asked for.</summary>
    public (byte[] Unicast, byte[] Multicast, bool AreWhole) Tables =>
        (Write(_unicast.AsSpan(0, _unicastCount)), Write(_multicast.AsSpan(0, _multicastCount)), _tablesAreWhole);

    /// <summary>The VLANs that are let through, ascending.</summary>
    public ushort[] Vlans => [.. Enumerable.Range(0, NetworkControl.VlanCount).Where(i => (_vlans[i / 64] >> i % 64 & 1) != 0).Select(i => (ushort)i)];

    /// <summary>Whether a saved filter is one.</summary>
    /// <exception cref="StateException">It is not.</exception>
    public static void Check(string section, NetState saved)
    {
        StateJson.Require((saved.FilterModes & ~AllModes) == 0, section, $"filter-modes is 0x{saved.FilterModes:x2}");
        foreach (byte[] table in (ReadOnlySpan<byte[]>)[saved.Unicast, saved.Multicast])
        {
            StateJson.Require(
                table.Length % EthernetAddress.Size == 0 && table.Length <= TableSize * EthernetAddress.Size,
                section,
                $"unicast or multicast has {table.Length} bytes, which is no table of at most {TableSize} addresses");
        }
        int last = -1;
        foreach (ushort vlan in saved.Vlans)
        {
            StateJson.Require(vlan > last && vlan < NetworkControl.VlanCount, section, $"vlans has {vlan} after {last}");
            last = vlan;
        }
    }

    /// <summary>Takes over what was checked.</summary>
    public void Restore(NetState saved)
    {
        Modes = saved.FilterModes;
        ClearTables();
        Read(saved.Unicast, multicast: false);
        Read(saved.Multicast, multicast: true);
        _tablesAreWhole = saved.TablesAreWhole;
        Array.Clear(_vlans);
        foreach (ushort vlan in saved.Vlans)
            SetVlan(vlan, true);
    }

    private static byte[] Write(ReadOnlySpan<EthernetAddress> table)
    {
        byte[] bytes = new byte[table.Length * EthernetAddress.Size];
        for (int i = 0; i < table.Length; i++)
            table[i].Write(bytes.AsSpan(i * EthernetAddress.Size));
        return bytes;
    }

    private void Read(ReadOnlySpan<byte> table, bool multicast)
    {
        for (int at = 0; at < table.Length; at += EthernetAddress.Size)
            Add(EthernetAddress.Read(table[at..]), multicast);
    }
}
