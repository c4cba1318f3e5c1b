using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Net;
using Vmm.Devices.Virtio.RateLimiting;
using Vmm.Tests.Devices.Virtio.Net;
using Xunit;
using static Vmm.Devices.Virtio.Spec.NetworkControl;
using static Vmm.Devices.Virtio.Spec.NetworkDevice;

namespace Vmm.Tests.Devices.State;

/// <summary>A card that is saved in the middle of use.</summary>
public sealed class NetStateTests
{
    private static readonly EthernetAddress s_other = new(0x0200_0000_0002);
    private static readonly EthernetAddress s_group = new(0x0100_5e00_0001);

    [Fact]
    public void What_the_driver_set_by_commands_holds_in_the_new_machine()
    {
        using NetRig source = new(new FakeNetwork(2));
        Assert.Equal(VIRTIO_NET_OK, source.Command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, 2, 0, 0, 0, 0, 2));
        Assert.Equal(VIRTIO_NET_OK, source.Command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0x5e, 0, 0, 1));
        Assert.Equal(VIRTIO_NET_OK, source.Command(VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_ADD, 7, 0));
        Assert.Equal(VIRTIO_NET_OK, source.Command(VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, 2, 0));
        byte[] offloads = BitConverter.GetBytes(NetRig.Bits(VIRTIO_NET_F_GUEST_CSUM));
        Assert.Equal(VIRTIO_NET_OK, source.Command(VIRTIO_NET_CTRL_GUEST_OFFLOADS, VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET, offloads));

        using NetRig copy = Fresh(2);
        Move(source, copy);
        Assert.Equal((2, NetworkOffloads.Checksum), (copy.Network.PairsInUse, copy.Network.Accepted));
        byte[] mac = new byte[6];
        copy.Rig.Driver.ReadConfig(ConfigMac, mac);
        Assert.Equal([2, 0, 0, 0, 0, 2], mac);
        Assert.True(copy.Passes(NetRig.Frame(60, s_other)));
        Assert.True(copy.Passes(NetRig.Frame(60, s_group)));
        Assert.False(copy.Passes(NetRig.Frame(60)));
        copy.Give(2, 2048, pair: 1);
        copy.Arrive(NetRig.Frame(60, s_other), pair: 1);
        Assert.NotNull(copy.Receive(1));
    }

    [Fact]
    public void Buffers_that_were_taken_ahead_are_filled_in_the_new_machine_and_in_the_old_one()
    {
        using NetRig source = new();
        source.Give(4, 2048);
        source.Arrive(NetRig.Frame(60, seed: 1));
        Assert.NotNull(source.Receive());
        using NetRig copy = Fresh(1);
        Move(source, copy);
        Assert.Equal(source.Rig.Queues[0].UsedIndex, copy.Rig.Queues[0].UsedIndex);
        foreach (NetRig rig in (NetRig[])[copy, source])
        {
            rig.Rig.Core.Resume();
            rig.Run();
            ushort before = rig.Rig.Queues[0].UsedIndex;
            for (int i = 0; i < 3; i++)
                rig.Arrive(NetRig.Frame(60, seed: i));
            Assert.Equal(before + 3, rig.Rig.Queues[0].UsedIndex);
            Assert.Equal(72u, rig.Rig.Queues[0].UsedElement(before + 2).Length);
        }
    }

    [Fact]
    public void Frames_that_the_network_had_no_room_for_go_out_once_from_either_machine()
    {
        using NetRig source = new(new FakeNetwork { Room = 1 });
        for (int i = 0; i < 3; i++)
            source.Queue(NetRig.Frame(60, seed: i));
        source.Kick(1);
        Assert.Single(source.Network.Sent);
        using NetRig copy = Fresh(1);
        Move(source, copy);
        Assert.Equal([1, 2], copy.Network.Sent.Select(s => Seed(s.Frame)));
        source.Rig.Core.Resume();
        source.Network.MakeRoom(10);
        source.Run();
        Assert.Equal([0, 1, 2], source.Network.Sent.Select(s => Seed(s.Frame)));
    }

    [Fact]
    public void Frames_that_a_limit_holds_back_go_out_in_the_new_machine()
    {
        using NetRig source = new();
        source.Net.Limit = new RateLimit(new BucketLimit(64, 1_000_000_000), null);
        for (int i = 0; i < 3; i++)
            source.Queue(NetRig.Frame(60, seed: i));
        source.Kick(1);
        int before = source.Network.Sent.Count;
        Assert.InRange(before, 1, 2);
        using NetRig copy = Fresh(1);
        Move(source, copy);
        Assert.Equal(3 - before, copy.Network.Sent.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cable_is_in_or_out_as_it_was(bool isIn)
    {
        using NetRig source = new();
        source.Net.SetLink(false);
        if (isIn)
            source.Net.SetLink(true);
        using NetRig copy = Fresh(1);
        Move(source, copy);
        Assert.Equal(isIn, copy.Net.IsLinkUp);
        Assert.Equal(isIn ? VIRTIO_NET_S_LINK_UP | VIRTIO_NET_S_ANNOUNCE : 0, copy.Config16(ConfigStatus));
        Assert.Equal(0, copy.Rig.Driver.ConfigInterrupts);
        Assert.Equal(VIRTIO_NET_OK, copy.Command(VIRTIO_NET_CTRL_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE_ACK));
        Assert.Equal(isIn ? VIRTIO_NET_S_LINK_UP : 0, copy.Config16(ConfigStatus));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Card_that_was_given_another_address_has_the_one_that_the_driver_knows(bool isSettable)
    {
        using NetRig source = new(without: isSettable ? 0 : NetRig.Bits(VIRTIO_NET_F_CTRL_MAC_ADDR));
        using NetRig copy = new(options: new NetworkOptions(s_other) { QueueSize = 64 }, start: false);
        Move(source, copy);
        Assert.Equal(source.Net.Address, copy.Net.Address);
        Assert.True(copy.Passes(NetRig.Frame(60)));
        copy.Rig.Driver.Status = 0;
        Assert.Equal(s_other, copy.Net.Address);
    }

    [Fact]
    public void Card_without_a_driver_has_its_own_address()
    {
        using NetRig source = new(start: false);
        using NetRig copy = new(options: new NetworkOptions(s_other) { QueueSize = 64 }, start: false);
        Transplant.Move(source.Rig, copy.Rig);
        byte[] mac = new byte[6];
        copy.Rig.Driver.ReadConfig(ConfigMac, mac);
        Assert.Equal([2, 0, 0, 0, 0, 2], mac);
    }

    private static NetRig Fresh(int pairs) => new(new FakeNetwork(pairs), start: false);

    private static void Move(NetRig source, NetRig copy)
    {
        Transplant.Move(source.Rig, copy.Rig);
        copy.Follow(source);
        copy.Run();
    }

    private static int Seed(byte[] sent) => Enumerable.Range(0, 10).Single(seed => NetRig.Frame(60, seed: seed).AsSpan().SequenceEqual(sent.AsSpan(HeaderSize)));
}
