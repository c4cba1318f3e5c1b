using System.Buffers.Binary;
using Vmm.Devices.Virtio.Queue;
using static Vmm.Devices.Virtio.Spec.NetworkControl;
using static Vmm.Devices.Virtio.Spec.NetworkDevice;

namespace Vmm.Devices.Virtio.Net;

/// <summary>The control queue: commands, each answered with a byte. Virtio 1.2, 5.1.6.5. With the device's lock held.</summary>
/// <remarks>A command is done before it is answered (5.1.6.5.2.1 and others). One that was not negotiated, is unknown, too short or out of range changes nothing.</remarks>
internal sealed class ControlCommands(VirtioDeviceCore core, VirtioNet net, CardState card, int chainCapacity)
{
    private readonly DescriptorChain _chain = new(chainCapacity);

    /// <summary>The guest has commands. True when it has more than one round of them.</summary>
    public bool Process(int index)
    {
        Virtqueue queue = core.Queue(index);
        queue.DisableNotifications();
        for (uint budget = queue.Size; budget > 0; budget--)
        {
            ChainStatus status = queue.TryPop(_chain);
            if (status == ChainStatus.Empty)
            {
                if (!queue.EnableNotifications())
                    return false;
                continue;
            }
            if (status != ChainStatus.Ok)
            {
                core.Fail(queue, _chain, status);
                return false;
            }
            if (_chain.WritableLength == 0)
            {
                core.Fail(index, "command without room for its answer");
                queue.AddUsed(_chain.Head, 0);
                return false;
            }
            _chain.Write(0, [Run() ? VIRTIO_NET_OK : VIRTIO_NET_ERR]);
            queue.AddUsed(_chain.Head, 1);
        }
        return true;
    }

    private bool Run()
    {
        Span<byte> header = stackalloc byte[CommandSize];
        if (_chain.Read(0, header) < header.Length)
            return false;
        return (header[0], header[1]) switch
        {
            (VIRTIO_NET_CTRL_RX, <= VIRTIO_NET_CTRL_RX_ALLMULTI) => core.Has(VIRTIO_NET_F_CTRL_RX) && SetMode(header[1]),
            (VIRTIO_NET_CTRL_RX, <= VIRTIO_NET_CTRL_RX_NOBCAST) => core.Has(VIRTIO_NET_F_CTRL_RX_EXTRA) && SetMode(header[1]),
            (VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET) => core.Has(VIRTIO_NET_F_CTRL_RX) && SetTables(),
            (VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET) => core.Has(VIRTIO_NET_F_CTRL_MAC_ADDR) && SetAddress(),
            (VIRTIO_NET_CTRL_VLAN, <= VIRTIO_NET_CTRL_VLAN_DEL) => core.Has(VIRTIO_NET_F_CTRL_VLAN) && SetVlan(header[1] == VIRTIO_NET_CTRL_VLAN_ADD),
            (VIRTIO_NET_CTRL_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE_ACK) => core.Has(VIRTIO_NET_F_GUEST_ANNOUNCE) && net.AnnouncementSeen(),
            (VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET) => core.Has(VIRTIO_NET_F_MQ) && SetPairs(),
            (VIRTIO_NET_CTRL_GUEST_OFFLOADS, VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET) => core.Has(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) && SetOffloads(),
            _ => false,
        };
    }

    private bool ReadData(Span<byte> data) => _chain.Read(CommandSize, data) == data.Length;

    private bool SetMode(byte mode)
    {
        Span<byte> on = stackalloc byte[1];
        if (!ReadData(on) || on[0] > 1)
            return false;
        card.Filter.Set(mode, on[0] == 1);
        return true;
    }

    private bool SetTables()
    {
        // Both are checked before either changes.
        ulong offset = CommandSize;
        if (!TryMeasure(ref offset, out uint unicast) || !TryMeasure(ref offset, out uint multicast))
            return false;
        card.Filter.ClearTables();
        ulong at = CommandSize + sizeof(uint);
        Fill(at, unicast, multicast: false);
        Fill(at + unicast * (ulong)EthernetAddress.Size + sizeof(uint), multicast, multicast: true);
        return true;
    }

    private bool TryMeasure(ref ulong offset, out uint entries)
    {
        Span<byte> count = stackalloc byte[sizeof(uint)];
        entries = 0;
        if (_chain.Read(offset, count) < count.Length)
            return false;
        entries = BinaryPrimitives.ReadUInt32LittleEndian(count);
        offset += sizeof(uint);
        ulong bytes = entries * (ulong)EthernetAddress.Size;
        if (bytes > _chain.ReadableLength - offset)
            return false;
        offset += bytes;
        return true;
    }

    /// <summary>Fills a table as far as it goes; one entry more tells it that there were too many.</summary>
    private void Fill(ulong at, uint entries, bool multicast)
    {
        Span<byte> address = stackalloc byte[EthernetAddress.Size];
        for (uint i = 0; i < Math.Min(entries, ReceiveFilter.TableSize + 1); i++)
        {
            _chain.Read(at + i * (ulong)EthernetAddress.Size, address);
            card.Filter.Add(EthernetAddress.Read(address), multicast);
        }
    }

    private bool SetAddress()
    {
        Span<byte> address = stackalloc byte[EthernetAddress.Size];
        if (!ReadData(address))
            return false;
        net.SetAddress(EthernetAddress.Read(address));
        core.ConfigChangedByDriver();
        return true;
    }

    private bool SetVlan(bool on)
    {
        Span<byte> data = stackalloc byte[sizeof(ushort)];
        if (!ReadData(data) || BinaryPrimitives.ReadUInt16LittleEndian(data) is not (< VlanCount and var vlan))
            return false;
        card.Filter.SetVlan(vlan, on);
        return true;
    }

    private bool SetPairs()
    {
        Span<byte> data = stackalloc byte[sizeof(ushort)];
        return ReadData(data) && net.SetPairs(BinaryPrimitives.ReadUInt16LittleEndian(data));
    }

    private bool SetOffloads()
    {
        Span<byte> data = stackalloc byte[sizeof(ulong)];
        if (!ReadData(data))
            return false;
        ulong wanted = BinaryPrimitives.ReadUInt64LittleEndian(data);
        if ((wanted & ~(core.DriverFeatures & NetworkFeatures.GuestOffloads)) != 0 || !NetworkFeatures.AreConsistent(wanted))
            return false;
        net.SetReceiveOffloads(wanted);
        return true;
    }
}
