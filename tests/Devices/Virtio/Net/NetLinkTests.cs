using Vmm.Devices.Virtio.Net;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;
using static Vmm.Devices.Virtio.Spec.NetworkControl;
using static Vmm.Devices.Virtio.Spec.NetworkDevice;

namespace Vmm.Tests.Devices.Virtio.Net;

/// <summary>The cable, announcements, and several pairs of queues.</summary>
public sealed class NetLinkTests
{
    private const ushort UpAndAnnounce = VIRTIO_NET_S_LINK_UP | VIRTIO_NET_S_ANNOUNCE;

    [Fact]
    public void Configuration_says_what_the_card_is()
    {
        using NetRig rig = new(new FakeNetwork(pairs: 4) { Mtu = 9000 });
        byte[] config = new byte[ConfigSize];
        rig.Rig.Driver.ReadConfig(0, config);
        Assert.Equal([2, 0, 0, 0, 0, 1, 1, 0, 4, 0, 0x28, 0x23], config);
        Assert.Equal(9, rig.Rig.Core.QueueCount);
        Assert.NotEqual(0UL, rig.Rig.Core.OfferedFeatures & NetRig.Bits(VIRTIO_NET_F_MQ) & NetRig.Bits(VIRTIO_NET_F_MQ));
        Assert.NotEqual(0UL, rig.Rig.Core.OfferedFeatures & NetRig.Bits(VIRTIO_NET_F_MTU));
        using NetRig plain = new();
        Assert.Equal(0UL, plain.Rig.Core.OfferedFeatures & NetRig.Bits(VIRTIO_NET_F_MQ, VIRTIO_NET_F_MTU));
    }

    [Fact]
    public void Pulled_cable_is_told_and_nothing_goes_through_until_it_is_in_again()
    {
        using NetRig rig = new();
        rig.Give(8, 1536);
        int interrupts = rig.Rig.Driver.ConfigInterrupts;
        rig.Net.SetLink(false);
        rig.Net.SetLink(false);
        rig.Run();
        Assert.Equal(interrupts + 1, rig.Rig.Driver.ConfigInterrupts);
        Assert.Equal(0, rig.Config16(ConfigStatus));
        rig.Send(NetRig.Frame(60));
        rig.Arrive(NetRig.Frame(60));
        Assert.Empty(rig.Network.Sent);
        Assert.Null(rig.Receive());
        Assert.Equal(1, rig.Net.Sent(0).Dropped);
        Assert.False(rig.Network.IsListening());

        rig.Net.SetLink(true);
        rig.Run();
        Assert.Equal(interrupts + 2, rig.Rig.Driver.ConfigInterrupts);
        Assert.Equal(UpAndAnnounce, rig.Config16(ConfigStatus));
        rig.Send(NetRig.Frame(60));
        Assert.Single(rig.Network.Sent);
        Assert.NotNull(rig.Receive());
    }

    [Fact]
    public void Card_whose_cable_is_out_at_first_can_be_plugged_in()
    {
        using NetRig rig = new(options: new NetworkOptions(NetRig.Mac) { QueueSize = 64, LinkUp = false });
        Assert.Equal(0, rig.Config16(ConfigStatus));
        Assert.False(rig.Net.IsLinkUp);
        rig.Give(8, 1536);
        rig.Net.SetLink(true);
        rig.Arrive(NetRig.Frame(60));
        Assert.NotNull(rig.Receive());
    }

    [Fact]
    public void Announcement_is_asked_for_until_the_driver_says_that_it_saw_it()
    {
        using NetRig rig = new();
        rig.Net.Announce();
        Assert.Equal(UpAndAnnounce, rig.Config16(ConfigStatus));
        Assert.Equal(1, rig.Rig.Driver.ConfigInterrupts);
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE_ACK));
        Assert.Equal(VIRTIO_NET_S_LINK_UP, rig.Config16(ConfigStatus));
    }

    [Fact]
    public void Nobody_is_asked_to_announce_who_cannot()
    {
        using NetRig rig = new(without: NetRig.Bits(VIRTIO_NET_F_GUEST_ANNOUNCE));
        rig.Net.Announce();
        rig.Net.SetLink(false);
        rig.Net.SetLink(true);
        Assert.Equal(VIRTIO_NET_S_LINK_UP, rig.Config16(ConfigStatus));
    }

    [Fact]
    public void Pairs_work_once_the_driver_uses_them_and_only_then()
    {
        using NetRig rig = new(new FakeNetwork(pairs: 3));
        for (int pair = 0; pair < 3; pair++)
            rig.Give(4, 1536, pair);
        Assert.Equal((true, false, false), (rig.Network.IsListening(0), rig.Network.IsListening(1), rig.Network.IsListening(2)));
        rig.Send(NetRig.Frame(60), pair: 1);
        Assert.Empty(rig.Network.Sent);

        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, 2, 0));
        Assert.Equal(2, rig.Network.PairsInUse);
        Assert.Equal((1, 60 + HeaderSize), (rig.Network.Sent[0].Pair, rig.Network.Sent[0].Frame.Length));
        rig.Arrive(NetRig.Frame(61), pair: 1);
        rig.Arrive(NetRig.Frame(62), pair: 2);
        Assert.Equal(61, rig.Receive(1)!.Value.Frame.Length);
        Assert.Null(rig.Receive(2));
        Assert.Equal((1, 1), (rig.Net.Received(1).Frames, rig.Net.Sent(1).Frames));

        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, 1, 0));
        Assert.Equal((true, false, false), (rig.Network.IsListening(0), rig.Network.IsListening(1), rig.Network.IsListening(2)));
        rig.Arrive(NetRig.Frame(63), pair: 1);
        Assert.Null(rig.Receive(1));
        foreach (byte pairs in (byte[])[0, 4, 255])
            Assert.Equal(VIRTIO_NET_ERR, rig.Command(VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, pairs, 0));
        Assert.Equal(1, rig.Network.PairsInUse);
    }

    [Fact]
    public void Driver_without_several_pairs_finds_the_control_queue_behind_the_first()
    {
        using NetRig rig = new(new FakeNetwork(pairs: 3), without: NetRig.Bits(VIRTIO_NET_F_MQ));
        ulong at = rig.Allocate(4);
        new byte[] { VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC, 1, 0xEE }.CopyTo(rig.Rig.Ram.Bytes(at, 4));
        rig.Rig.Queues[2].Add(new GuestBuffer(at, 3), new GuestBuffer(at + 3, 1, true));
        rig.Kick(2);
        Assert.Equal(VIRTIO_NET_OK, rig.Rig.Ram.Read<byte>(at + 3));
        rig.Give(1, 1536);
        rig.Arrive(NetRig.Frame(60, new EthernetAddress(0x0200_0000_0009)));
        Assert.NotNull(rig.Receive());
    }

    [Fact]
    public void Reset_leaves_one_pair_in_use()
    {
        using NetRig rig = new(new FakeNetwork(pairs: 2));
        rig.Give(1, 1536, pair: 1);
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, 2, 0));
        rig.Rig.Driver.Status = 0;
        rig.Run();
        Assert.Equal(1, rig.Network.PairsInUse);
        Assert.Equal((false, false), (rig.Network.IsListening(0), rig.Network.IsListening(1)));
    }

    [Fact]
    public void Card_that_takes_no_offloads_offers_none()
    {
        using NetRig rig = new(options: new NetworkOptions(NetRig.Mac) { QueueSize = 64, Offloads = false });
        Assert.Equal(0UL, rig.Rig.Core.OfferedFeatures & NetRig.Bits(VIRTIO_NET_F_CSUM, VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_HOST_TSO4,
            VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_HOST_USO, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS));
    }
}
