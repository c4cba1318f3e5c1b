using System.Buffers.Binary;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Net;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;
using static Vmm.Devices.Virtio.Spec.NetworkControl;

namespace Vmm.Tests.Devices.Virtio.Net;

public sealed class NetControlTests
{
    private static readonly EthernetAddress s_other = new(0x0200_0000_0002);
    private static readonly EthernetAddress s_group = new(0x0100_5e00_0001);

    [Fact]
    public void Own_address_and_broadcast_pass_and_others_do_not()
    {
        using NetRig rig = new();
        Assert.True(rig.Passes(NetRig.Frame(60)));
        Assert.True(rig.Passes(NetRig.Frame(60, EthernetAddress.Broadcast)));
        Assert.False(rig.Passes(NetRig.Frame(60, s_other)));
        Assert.False(rig.Passes(NetRig.Frame(60, s_group)));
        Assert.Equal(2, rig.Net.Received(0).Filtered);
    }

    [Fact]
    public void Driver_without_receive_modes_or_without_the_address_sees_everything()
    {
        foreach (int feature in (int[])[NetworkDevice.VIRTIO_NET_F_CTRL_RX, NetworkDevice.VIRTIO_NET_F_MAC])
        {
            using NetRig rig = new(without: NetRig.Bits(feature));
            Assert.True(rig.Passes(NetRig.Frame(60, s_other)));
            Assert.True(rig.Passes(NetRig.Frame(60, s_group)));
        }
    }

    [Theory]
    [InlineData(VIRTIO_NET_CTRL_RX_PROMISC, false, true, true, true)]
    [InlineData(VIRTIO_NET_CTRL_RX_ALLMULTI, false, false, true, true)]
    [InlineData(VIRTIO_NET_CTRL_RX_ALLUNI, false, true, false, true)]
    [InlineData(VIRTIO_NET_CTRL_RX_NOUNI, true, false, false, true)]
    [InlineData(VIRTIO_NET_CTRL_RX_NOBCAST, false, false, false, false)]
    public void Receive_mode_does_what_it_says_and_can_be_switched_off(byte mode, bool blocksOwn, bool other, bool group, bool broadcast)
    {
        using NetRig rig = new();
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_RX, mode, 1));
        Assert.Equal(!blocksOwn, rig.Passes(NetRig.Frame(60)));
        Assert.Equal(other, rig.Passes(NetRig.Frame(60, s_other)));
        Assert.Equal(group, rig.Passes(NetRig.Frame(60, s_group)));
        Assert.Equal(broadcast, rig.Passes(NetRig.Frame(60, EthernetAddress.Broadcast)));
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_RX, mode, 0));
        Assert.True(rig.Passes(NetRig.Frame(60)));
        Assert.False(rig.Passes(NetRig.Frame(60, s_other)));
        Assert.True(rig.Passes(NetRig.Frame(60, EthernetAddress.Broadcast)));
    }

    [Fact]
    public void No_multicast_wins_over_a_table()
    {
        using NetRig rig = new();
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, Tables([], [s_group])));
        Assert.True(rig.Passes(NetRig.Frame(60, s_group)));
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_NOMULTI, 1));
        Assert.False(rig.Passes(NetRig.Frame(60, s_group)));
    }

    [Fact]
    public void Table_of_addresses_replaces_the_one_before_and_a_reset_empties_it()
    {
        using NetRig rig = new();
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, Tables([s_other], [s_group])));
        Assert.True(rig.Passes(NetRig.Frame(60, s_other)));
        Assert.True(rig.Passes(NetRig.Frame(60, s_group)));
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, Tables([], [s_group])));
        Assert.False(rig.Passes(NetRig.Frame(60, s_other)));
        Assert.True(rig.Passes(NetRig.Frame(60, s_group)));
        Assert.True(rig.Passes(NetRig.Frame(60)));
        Restart(rig);
        Assert.False(rig.Passes(NetRig.Frame(60, s_group)));
    }

    [Fact]
    public void Table_that_is_too_large_lets_all_through_and_one_that_is_cut_short_is_refused()
    {
        using NetRig rig = new();
        byte[] large = Tables([.. Enumerable.Range(0, 100).Select(i => new EthernetAddress(0x0200_0000_1000 + (ulong)i))], []);
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, large));
        Assert.True(rig.Passes(NetRig.Frame(60, new EthernetAddress(0x0200_0000_1063))));
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, Tables([s_other], [])));
        byte[] good = Tables([s_other], [s_group]);
        for (int length = 0; length < good.Length; length++)
            Assert.Equal(VIRTIO_NET_ERR, rig.Command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, good[..length]));
        good.AsSpan(0, 4).Fill(0xFF);
        Assert.Equal(VIRTIO_NET_ERR, rig.Command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, good));
        Assert.True(rig.Passes(NetRig.Frame(60, s_other)));
    }

    [Fact]
    public void Address_set_by_the_driver_is_in_the_configuration_and_in_force_until_a_reset()
    {
        using NetRig rig = new();
        byte[] address = new byte[6];
        s_other.Write(address);
        Assert.Equal(VIRTIO_NET_ERR, rig.Command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, address[..5]));
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, address));
        Assert.Equal(s_other, ConfigMac(rig));
        Assert.True(rig.Passes(NetRig.Frame(60, s_other)));
        Assert.False(rig.Passes(NetRig.Frame(60)));
        Restart(rig);
        Assert.Equal(NetRig.Mac, ConfigMac(rig));
        Assert.True(rig.Passes(NetRig.Frame(60)));
    }

    [Fact]
    public void Generation_differs_after_a_command_changed_the_configuration()
    {
        using NetRig rig = new();
        ConfigMac(rig);
        uint before = rig.Rig.Driver.ConfigGeneration;
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, [2, 0, 0, 0, 0, 9]));
        ConfigMac(rig);
        Assert.NotEqual(before, rig.Rig.Driver.ConfigGeneration);
    }

    [Fact]
    public void Vlans_pass_once_they_are_added_and_no_longer_when_taken_away()
    {
        using NetRig rig = new();
        Assert.True(rig.Passes(Tagged(0)));
        Assert.False(rig.Passes(Tagged(7)));
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_ADD, 7, 0));
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_ADD, 0xff, 0x0f));
        Assert.Equal(VIRTIO_NET_ERR, rig.Command(VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_ADD, 0, 0x10));
        Assert.True(rig.Passes(Tagged(7)));
        Assert.True(rig.Passes(Tagged(0xE000 | 4095)));
        Assert.False(rig.Passes(Tagged(8)));
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_DEL, 7, 0));
        Assert.False(rig.Passes(Tagged(7)));
    }

    [Fact]
    public void Driver_without_vlan_filter_sees_all_vlans()
    {
        using NetRig rig = new(without: NetRig.Bits(NetworkDevice.VIRTIO_NET_F_CTRL_VLAN));
        Assert.True(rig.Passes(Tagged(7)));
    }

    [Fact]
    public void Offloads_can_be_switched_off_and_on_and_not_beyond_what_was_agreed()
    {
        using NetRig rig = new(without: NetRig.Bits(NetworkDevice.VIRTIO_NET_F_GUEST_TSO6));
        Assert.Equal(FakeNetwork.All & ~NetworkOffloads.Tso6, rig.Network.Accepted);
        Assert.Equal(VIRTIO_NET_OK, Offloads(rig, 0));
        Assert.Equal(NetworkOffloads.None, rig.Network.Accepted);
        rig.Give(4, 1536);
        rig.Arrive(NetRig.Frame(60), header: NetRig.Header(1, start: 34, offset: 16));
        Assert.Null(rig.Receive());
        Assert.Equal(VIRTIO_NET_OK, Offloads(rig, NetRig.Bits(NetworkDevice.VIRTIO_NET_F_GUEST_CSUM, NetworkDevice.VIRTIO_NET_F_GUEST_TSO4)));
        Assert.Equal(NetworkOffloads.Checksum | NetworkOffloads.Tso4, rig.Network.Accepted);
        Assert.Equal(VIRTIO_NET_ERR, Offloads(rig, NetRig.Bits(NetworkDevice.VIRTIO_NET_F_GUEST_CSUM, NetworkDevice.VIRTIO_NET_F_GUEST_TSO6)));
        Assert.Equal(VIRTIO_NET_ERR, Offloads(rig, NetRig.Bits(NetworkDevice.VIRTIO_NET_F_GUEST_TSO4)));
        Assert.Equal(VIRTIO_NET_ERR, Offloads(rig, 1UL << 63));
        Assert.Equal(NetworkOffloads.Checksum | NetworkOffloads.Tso4, rig.Network.Accepted);
    }

    [Theory]
    [InlineData(VIRTIO_NET_CTRL_RX, 6)]
    [InlineData(VIRTIO_NET_CTRL_MAC, 2)]
    [InlineData(VIRTIO_NET_CTRL_VLAN, 2)]
    [InlineData(VIRTIO_NET_CTRL_ANNOUNCE, 1)]
    [InlineData(VIRTIO_NET_CTRL_MQ, 0)]
    [InlineData(VIRTIO_NET_CTRL_GUEST_OFFLOADS, 1)]
    [InlineData(200, 0)]
    public void Command_that_is_unknown_or_was_not_negotiated_is_an_error(byte kind, byte command)
    {
        using NetRig rig = new();
        Assert.Equal(VIRTIO_NET_ERR, rig.Command(kind, command, 1, 0, 0, 0, 0, 0, 0, 0));
        Assert.False(rig.Rig.NeedsReset);
    }

    [Theory]
    [InlineData(NetworkDevice.VIRTIO_NET_F_CTRL_RX, VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC)]
    [InlineData(NetworkDevice.VIRTIO_NET_F_CTRL_RX, VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET)]
    [InlineData(NetworkDevice.VIRTIO_NET_F_CTRL_RX_EXTRA, VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_ALLUNI)]
    [InlineData(NetworkDevice.VIRTIO_NET_F_CTRL_MAC_ADDR, VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET)]
    [InlineData(NetworkDevice.VIRTIO_NET_F_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_ADD)]
    [InlineData(NetworkDevice.VIRTIO_NET_F_GUEST_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE_ACK)]
    [InlineData(NetworkDevice.VIRTIO_NET_F_CTRL_GUEST_OFFLOADS, VIRTIO_NET_CTRL_GUEST_OFFLOADS, VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET)]
    public void Command_whose_feature_was_not_negotiated_is_an_error(int feature, byte kind, byte command)
    {
        byte[] data = [1, 0, 0, 0, 0, 0, 0, 0];
        data[0] = (byte)(kind switch { VIRTIO_NET_CTRL_MAC => 0, VIRTIO_NET_CTRL_GUEST_OFFLOADS => 2, _ => 1 });
        using NetRig with = new();
        Assert.Equal(VIRTIO_NET_OK, with.Command(kind, command, data));
        using NetRig without = new(without: NetRig.Bits(feature));
        Assert.Equal(VIRTIO_NET_ERR, without.Command(kind, command, data));
    }

    [Fact]
    public void Command_without_room_for_its_answer_needs_a_reset_and_a_short_one_is_an_error()
    {
        using NetRig rig = new();
        DriverQueue queue = rig.Rig.Queues[rig.Control];
        ulong at = rig.Allocate(16);
        queue.Add(new GuestBuffer(at, 1), new GuestBuffer(at + 8, 1, true));
        queue.Add(new GuestBuffer(at + 9, 1, true));
        rig.Kick(rig.Control);
        Assert.Equal((VIRTIO_NET_ERR, VIRTIO_NET_ERR), (rig.Rig.Ram.Read<byte>(at + 8), rig.Rig.Ram.Read<byte>(at + 9)));
        Assert.False(rig.Rig.NeedsReset);
        queue.Add(new GuestBuffer(at, 3));
        rig.Kick(rig.Control);
        Assert.True(rig.Rig.NeedsReset);
    }

    private static byte Offloads(NetRig rig, ulong features)
    {
        byte[] data = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(data, features);
        return rig.Command(VIRTIO_NET_CTRL_GUEST_OFFLOADS, VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET, data);
    }

    private static void Restart(NetRig rig)
    {
        rig.Rig.Driver.Status = 0;
        foreach (DriverQueue queue in rig.Rig.Queues)
            rig.Rig.Ram.Bytes(queue.Descriptors, (int)(queue.End - queue.Descriptors)).Clear();
        rig.Start();
    }

    private static EthernetAddress ConfigMac(NetRig rig)
    {
        byte[] address = new byte[6];
        rig.Rig.Driver.ReadConfig(NetworkDevice.ConfigMac, address);
        return EthernetAddress.Read(address);
    }

    private static byte[] Tables(EthernetAddress[] unicast, EthernetAddress[] multicast)
    {
        List<byte> bytes = [];
        byte[] address = new byte[6];
        foreach (EthernetAddress[] table in (EthernetAddress[][])[unicast, multicast])
        {
            bytes.AddRange(BitConverter.GetBytes(table.Length));
            foreach (EthernetAddress entry in table)
            {
                entry.Write(address);
                bytes.AddRange(address);
            }
        }
        return [.. bytes];
    }

    private static byte[] Tagged(ushort tag)
    {
        byte[] frame = NetRig.Frame(64);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), 0x8100);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(14), tag);
        return frame;
    }
}
