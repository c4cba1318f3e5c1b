using System.Buffers.Binary;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Net;

/// <summary>Which frames the guest wants to see. Virtio 1.2, 5.1.6.5.1 to 5.1.6.5.3.</summary>
/// <remarks>
/// A driver that cannot say so (no VIRTIO_NET_F_CTRL_RX) sees everything. A table that has more addresses than there is room
/// for lets all of its kind through: a filter may be imperfect, but it must not lose what was asked for.
/// </remarks>
internal sealed partial class ReceiveFilter
{
    /// <summary>Bytes from a frame's start that decide.</summary>
    public const int PeekSize = NetworkDevice.EthernetHeader + NetworkDevice.VlanTag;

    /// <summary>Addresses of a kind that there is room for.</summary>
    public const int TableSize = 64;

    private const int TypeOffset = 12;
    private const ushort VlanType = 0x8100;
    private const ushort ServiceVlanType = 0x88a8;
    private const int VlanMask = NetworkControl.VlanCount - 1;

    private readonly EthernetAddress[] _unicast = new EthernetAddress[TableSize];
    private readonly EthernetAddress[] _multicast = new EthernetAddress[TableSize];
    private readonly ulong[] _vlans = new ulong[NetworkControl.VlanCount / 64];
    private int _unicastCount;
    private int _multicastCount;
    private bool _tablesAreWhole = true;

    /// <summary>Whether there is a filter; else everything passes that its VLAN lets through.</summary>
    public bool ByAddress { get; set; }

    /// <summary>Whether frames of VLANs are let through only if they were added.</summary>
    public bool ByVlan { get; set; }

    /// <summary>The device's own address.</summary>
    public EthernetAddress Own { get; set; }

    /// <summary>The modes that are on, a bit each, by the number of their command.</summary>
    public byte Modes { get; private set; }

    /// <summary>Switches a mode; its number is that of its command.</summary>
    public void Set(byte mode, bool on) => Modes = (byte)(on ? Modes | 1 << mode : Modes & ~(1 << mode));

    /// <summary>Whether a mode is on.</summary>
    public bool Is(byte mode) => (Modes >> mode & 1) != 0;

    /// <summary>Empties the tables of addresses.</summary>
    public void ClearTables()
    {
        _unicastCount = _multicastCount = 0;
        _tablesAreWhole = true;
    }

    /// <summary>Adds an address to a table; one too many opens the filter.</summary>
    public void Add(EthernetAddress address, bool multicast)
    {
        ref int count = ref multicast ? ref _multicastCount : ref _unicastCount;
        if (count == TableSize)
            _tablesAreWhole = false;
        else
            (multicast ? _multicast : _unicast)[count++] = address;
    }

    /// <summary>Lets a VLAN's frames through, or no longer.</summary>
    public void SetVlan(ushort vlan, bool on)
    {
        ulong bit = 1UL << vlan;
        if (on)
            _vlans[vlan / 64] |= bit;
        else
            _vlans[vlan / 64] &= ~bit;
    }

    /// <summary>Whether the guest wants a frame.</summary>
    /// <param name="start">Its first bytes, <see cref="PeekSize"/> if it has as many.</param>
    public bool Passes(ReadOnlySpan<byte> start) =>
        (!ByVlan || PassesVlan(start)) && (!ByAddress || Is(NetworkControl.VIRTIO_NET_CTRL_RX_PROMISC) || PassesAddress(EthernetAddress.Read(start)));

    /// <summary>Back to power-on.</summary>
    public void Reset()
    {
        ByAddress = ByVlan = false;
        Modes = 0;
        ClearTables();
        Array.Clear(_vlans);
    }

    private bool PassesVlan(ReadOnlySpan<byte> start)
    {
        if (start.Length < PeekSize || BinaryPrimitives.ReadUInt16BigEndian(start[TypeOffset..]) is not (VlanType or ServiceVlanType))
            return true;
        int vlan = BinaryPrimitives.ReadUInt16BigEndian(start[NetworkDevice.EthernetHeader..]) & VlanMask;
        // VLAN 0 is none: such a tag only has a priority.
        return vlan == 0 || (_vlans[vlan / 64] >> vlan & 1) != 0;
    }

    private bool PassesAddress(EthernetAddress to)
    {
        if (to == EthernetAddress.Broadcast)
            return !Is(NetworkControl.VIRTIO_NET_CTRL_RX_NOBCAST);
        if (to.IsMulticast)
        {
            return !Is(NetworkControl.VIRTIO_NET_CTRL_RX_NOMULTI)
                && (Is(NetworkControl.VIRTIO_NET_CTRL_RX_ALLMULTI) || !_tablesAreWhole || _multicast.AsSpan(0, _multicastCount).Contains(to));
        }
        return !Is(NetworkControl.VIRTIO_NET_CTRL_RX_NOUNI)
            && (to == Own || Is(NetworkControl.VIRTIO_NET_CTRL_RX_ALLUNI) || !_tablesAreWhole || _unicast.AsSpan(0, _unicastCount).Contains(to));
    }
}
