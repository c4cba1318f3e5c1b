using Vmm.Devices.Virtio.Net;
using Vmm.Devices.Virtio.RateLimiting;
using Xunit;
using static Vmm.Devices.Virtio.Spec.NetworkControl;
using static Vmm.Devices.Virtio.Spec.NetworkDevice;

namespace Vmm.Tests.Devices.Virtio.Net;

/// <summary>Frames of the card's own, by which switches learn where it is after a move.</summary>
public sealed class NetAnnounceTests
{
    private static readonly int[] s_times = [0, 50, 200, 450, 800];

    /// <summary>RFC 903: to all, from the card, 8035; Ethernet and IPv4, 6 and 4 bytes, "request reverse"; its address, none, its address, none.</summary>
    private static byte[] Expected(EthernetAddress card) => Convert.FromHexString(
        new string('0', 2 * HeaderSize) + "ffffffffffff" + Hex(card) + "8035" + "0001" + "0800" + "06" + "04" + "0003" + Hex(card) + "00000000" + Hex(card) + "00000000" + new string('0', 36));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Switches_are_told_where_the_card_is_a_few_times_with_growing_spaces(bool guestAnnounces)
    {
        using NetRig rig = new(without: guestAnnounces ? 0 : NetRig.Bits(VIRTIO_NET_F_GUEST_ANNOUNCE));
        rig.Net.Announce();
        rig.Run();
        for (int now = 0; now <= 2000; now++)
        {
            Assert.Equal(s_times.Count(at => at <= now), rig.Network.Sent.Count);
            Pass(rig, 1);
        }
        Assert.All(rig.Network.Sent, sent => Assert.Equal((0, Convert.ToHexString(Expected(NetRig.Mac))), (sent.Pair, Convert.ToHexString(sent.Frame))));
        // Those of the guest are counted, these are not.
        Assert.Equal(0, rig.Net.Sent(0).Frames);
    }

    [Fact]
    public void Address_that_the_driver_has_set_is_the_one_that_is_told()
    {
        using NetRig rig = new();
        Assert.Equal(VIRTIO_NET_OK, rig.Command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, 2, 0, 0, 0, 0xab, 0xcd));
        rig.Net.Announce();
        rig.Run();
        Assert.Equal(Expected(new EthernetAddress(0x0200_0000_abcd)), Assert.Single(rig.Network.Sent).Frame);
    }

    [Fact]
    public void Frames_of_the_guest_go_on_meanwhile()
    {
        using NetRig rig = new();
        rig.Net.Announce();
        for (int i = 0; i < 100; i++)
        {
            rig.Send(NetRig.Frame(60));
            Pass(rig, 10);
        }
        Assert.Equal(100 + s_times.Length, rig.Network.Sent.Count);
        Assert.Equal(100, rig.Net.Sent(0).Frames);
    }

    [Fact]
    public void Rate_limit_is_kept_to_meanwhile()
    {
        using NetRig rig = new();
        rig.Net.Limit = new RateLimit(new BucketLimit(2000, 20_000_000), null);
        rig.Net.Announce();
        for (int i = 0; i < 4; i++)
            rig.Queue(NetRig.Frame(1000));
        rig.Kick(1);
        for (int now = 0; now < 25; now++)
        {
            Pass(rig, 1);
        }
        Assert.Equal(4, rig.Net.Sent(0).Frames);
    }

    [Fact]
    public void Nothing_is_told_without_a_driver_without_a_link_and_after_a_reset()
    {
        using NetRig idle = new(start: false);
        idle.Net.Announce();
        using NetRig unplugged = new(options: new NetworkOptions(NetRig.Mac) { QueueSize = 64, LinkUp = false });
        unplugged.Net.Announce();
        using NetRig reset = new();
        reset.Net.Announce();
        reset.Rig.Driver.Status = 0;
        foreach (NetRig rig in (NetRig[])[idle, unplugged, reset])
        {
            Pass(rig, 2000);
            Assert.Empty(rig.Network.Sent);
        }
    }

    [Fact]
    public void Frame_for_which_there_is_no_room_is_given_up_and_the_next_one_goes()
    {
        using NetRig rig = new(new FakeNetwork { Room = 0 });
        rig.Net.Announce();
        rig.Run();
        Assert.Empty(rig.Network.Sent);
        rig.Network.MakeRoom(10);
        Pass(rig, 50);
        Assert.Single(rig.Network.Sent);
    }

    /// <summary>Time passes, for the card and for who wakes it.</summary>
    private static void Pass(NetRig rig, int milliseconds)
    {
        rig.Run();
        for (int i = 0; i < milliseconds; i++)
        {
            rig.Clock.Advance(TimeSpan.FromMilliseconds(1));
            rig.Rig.Doorbells.Pass(TimeSpan.FromMilliseconds(1));
            rig.Run();
        }
    }

    private static string Hex(EthernetAddress address) => address.ToString().Replace(":", "", StringComparison.Ordinal);
}
