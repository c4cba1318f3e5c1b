using Vmm.Devices.Backends;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;
using static Vmm.Devices.Virtio.Spec.NetworkDevice;

namespace Vmm.Tests.Devices.Virtio.Net;

public sealed class NetSendTests
{
    [Fact]
    public void Frames_go_out_as_they_are_and_come_back_in_one_batch()
    {
        using NetRig rig = new();
        byte[][] frames = [NetRig.Frame(60, seed: 1), NetRig.Frame(1514, seed: 2), NetRig.Frame(14, seed: 3)];
        rig.Queue(frames[0]);
        rig.Queue(frames[1], apart: true);
        rig.Queue(frames[2]);
        int before = rig.Rig.Driver.QueueInterrupts;
        rig.Kick(1);
        Assert.Equal(frames, rig.Network.Sent.Select(sent => sent.Frame[HeaderSize..]));
        Assert.Equal(3, rig.Rig.Queues[1].UsedIndex);
        Assert.Equal(0u, rig.Rig.Queues[1].UsedElement(0).Length);
        Assert.Equal(before + 1, rig.Rig.Driver.QueueInterrupts);
        Assert.Equal((3, 60 + 1514 + 14), (rig.Net.Sent(0).Frames, rig.Net.Sent(0).Bytes));
    }

    [Fact]
    public void Header_split_at_every_byte_is_the_same_header()
    {
        using NetRig rig = new();
        byte[] header = NetRig.Header(VIRTIO_NET_HDR_F_NEEDS_CSUM, start: 34, offset: 16);
        byte[] all = [.. header, .. NetRig.Frame(100)];
        for (uint cut = 1; cut < 20; cut++)
        {
            ulong at = rig.Allocate(all.Length);
            all.CopyTo(rig.Rig.Ram.Bytes(at, all.Length));
            rig.Rig.Queues[1].Add(new GuestBuffer(at, cut), new GuestBuffer(at + cut, (uint)all.Length - cut));
            rig.Kick(1);
        }
        Assert.Equal(19, rig.Network.Sent.Count);
        Assert.All(rig.Network.Sent, sent => Assert.Equal(all, sent.Frame));
    }

    [Fact]
    public void Fields_that_mean_nothing_are_taken_out_of_the_header()
    {
        using NetRig rig = new();
        rig.Send(NetRig.Frame(60), NetRig.Header(flags: 0xFE, length: 9, size: 8, start: 7, offset: 6, buffers: 5));
        Assert.Equal(new byte[HeaderSize], rig.Network.Sent[0].Frame[..HeaderSize]);
    }

    [Fact]
    public void Header_length_beyond_the_frame_is_only_a_hint()
    {
        using NetRig rig = new();
        rig.Send(NetRig.Frame(3000), NetRig.Header(VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4, 60000, 1460, 34, 16));
        Assert.Equal(NetRig.Header(VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4, 3000, 1460, 34, 16), rig.Network.Sent[0].Frame[..HeaderSize]);
    }

    /// <summary>Header and frame length of frames that break a rule.</summary>
    public static TheoryData<string, byte[], int> Malformed => new()
    {
        { "header only", NetRig.Header(), 0 },
        { "no whole Ethernet header", NetRig.Header(), 13 },
        { "larger than any frame", NetRig.Header(), 65554 },
        { "larger than any frame, to be cut up", NetRig.Header(1, 1, 54, 1460, 34, 16), 65554 },
        { "checksum starts beyond the end", NetRig.Header(1, start: 101, offset: 0), 100 },
        { "checksum starts in the Ethernet header", NetRig.Header(1, start: 13, offset: 16), 100 },
        { "checksum ends beyond the end", NetRig.Header(1, start: 34, offset: 65), 100 },
        { "checksum wraps", NetRig.Header(1, start: 0xffff, offset: 0xffff), 100 },
        { "unknown type", NetRig.Header(1, 2, 54, 1460, 34, 16), 3000 },
        { "UFO, which is not offered", NetRig.Header(1, 3, 54, 1460, 34, 16), 3000 },
        { "UDP with ECN", NetRig.Header(1, 0x85, 54, 1460, 34, 16), 3000 },
        { "ECN and nothing else", NetRig.Header(1, 0x80, 54, 1460, 34, 16), 3000 },
        { "to be cut up without a checksum", NetRig.Header(0, 1, 54, 1460, 34, 16), 3000 },
        { "to be cut into nothing", NetRig.Header(1, 1, 54, 0, 34, 16), 3000 },
    };

    [Theory, MemberData(nameof(Malformed)), Trait("Row", "39")]
    public void Malformed_frame_is_dropped_and_counted_and_the_next_one_goes_out(string why, byte[] header, int length)
    {
        Assert.NotEmpty(why);
        using NetRig rig = new();
        rig.Send(length < 14 ? new byte[length] : NetRig.Frame(length), header);
        Assert.Empty(rig.Network.Sent);
        Assert.Equal(1, rig.Rig.Queues[1].UsedIndex);
        Assert.Equal((0, 1), (rig.Net.Sent(0).Frames, rig.Net.Sent(0).Errors));
        rig.Send(NetRig.Frame(60));
        Assert.Single(rig.Network.Sent);
        Assert.False(rig.Rig.NeedsReset);
    }

    [Theory, Trait("Row", "39")]
    [InlineData(VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_HDR_GSO_TCPV4)]
    [InlineData(VIRTIO_NET_F_HOST_TSO6, VIRTIO_NET_HDR_GSO_TCPV6)]
    [InlineData(VIRTIO_NET_F_HOST_USO, VIRTIO_NET_HDR_GSO_UDP_L4)]
    [InlineData(VIRTIO_NET_F_HOST_ECN, VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN)]
    public void Offload_that_was_not_negotiated_is_dropped_and_one_that_was_goes_out(int feature, byte type)
    {
        byte[] header = NetRig.Header(VIRTIO_NET_HDR_F_NEEDS_CSUM, type, 54, 1400, 34, 16);
        using NetRig with = new();
        with.Send(NetRig.Frame(3000), header);
        Assert.Single(with.Network.Sent);
        using NetRig without = new(without: NetRig.Bits(feature));
        without.Send(NetRig.Frame(3000), header);
        Assert.Empty(without.Network.Sent);
        Assert.Equal(1, without.Net.Sent(0).Errors);
    }

    [Fact, Trait("Row", "39")]
    public void Checksum_that_was_not_negotiated_is_dropped()
    {
        using NetRig rig = new(new FakeNetwork { SendOffloads = NetworkOffloads.None });
        rig.Send(NetRig.Frame(100), NetRig.Header(VIRTIO_NET_HDR_F_NEEDS_CSUM, start: 34, offset: 16));
        Assert.Empty(rig.Network.Sent);
        Assert.Equal(1, rig.Net.Sent(0).Errors);
    }

    [Fact, Trait("Row", "39")]
    public void Frame_beyond_the_agreed_MTU_is_dropped_unless_it_is_cut_up()
    {
        using NetRig rig = new(new FakeNetwork { Mtu = 1500 });
        rig.Send(NetRig.Frame(1519));
        Assert.Empty(rig.Network.Sent);
        rig.Send(NetRig.Frame(1518));
        rig.Send(NetRig.Frame(60000), NetRig.Header(VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4, 54, 1460, 34, 16));
        Assert.Equal(2, rig.Network.Sent.Count);
        Assert.Equal(1, rig.Net.Sent(0).Errors);
    }

    [Fact]
    public void Frames_without_room_stay_in_the_queue_and_go_out_in_order_when_there_is_some()
    {
        using NetRig rig = new(new FakeNetwork { Room = 2 });
        byte[][] frames = [.. Enumerable.Range(0, 5).Select(i => NetRig.Frame(60 + i, seed: i))];
        foreach (byte[] frame in frames)
            rig.Queue(frame);
        rig.Kick(1);
        Assert.Equal(2, rig.Rig.Queues[1].UsedIndex);
        rig.Kick(1);
        Assert.Equal(2, rig.Network.Sent.Count);
        rig.Network.MakeRoom(1);
        rig.Run();
        Assert.Equal(3, rig.Rig.Queues[1].UsedIndex);
        rig.Network.MakeRoom(10);
        rig.Run();
        Assert.Equal(frames, rig.Network.Sent.Select(sent => sent.Frame[HeaderSize..]));
        Assert.Equal(5, rig.Rig.Queues[1].UsedIndex);
        Assert.Equal(5, rig.Net.Sent(0).Frames);
    }

    [Fact, Trait("Row", "29")]
    public void Reset_and_pause_do_not_wait_for_a_network_that_is_stuck()
    {
        using NetRig rig = new(new FakeNetwork { Room = 0 });
        rig.Send(NetRig.Frame(60));
        rig.Rig.Core.Quiesce();
        rig.Rig.Core.Resume();
        rig.Run();
        Assert.Equal(0, rig.Rig.Queues[1].UsedIndex);
        rig.Network.MakeRoom(1);
        rig.Run();
        Assert.Equal(1, rig.Rig.Queues[1].UsedIndex);

        rig.Send(NetRig.Frame(60));
        rig.Rig.Driver.Status = 0;
        Assert.Equal(0, rig.Rig.Driver.Status);
        rig.Network.MakeRoom(int.MaxValue);
        rig.Run();
        Assert.Single(rig.Network.Sent);
    }

    [Fact, Trait("Row", "29")]
    public void Reset_in_the_middle_of_a_batch_waits_for_the_frame_that_is_going_out()
    {
        using NetRig rig = new();
        rig.Queue(NetRig.Frame(60));
        rig.Queue(NetRig.Frame(61));
        Thread? driver = null;
        rig.Network.Meanwhile = () =>
        {
            driver = new Thread(() => rig.Rig.Driver.Status = 0);
            driver.Start();
        };
        rig.Kick(1);
        driver!.Join();
        Assert.Equal(0, rig.Rig.Driver.Status);
        rig.Start();
        rig.Send(NetRig.Frame(70));
        Assert.Equal(70 + HeaderSize, rig.Network.Sent[^1].Frame.Length);
    }

    [Fact]
    public void Frame_that_the_host_refuses_is_counted_and_its_chain_comes_back()
    {
        using NetRig rig = new(new FakeNetwork { Refuses = true });
        rig.Send(NetRig.Frame(60));
        Assert.Equal(1, rig.Rig.Queues[1].UsedIndex);
        Assert.Equal((0, 1), (rig.Net.Sent(0).Frames, rig.Net.Sent(0).Dropped));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sending_and_receiving_allocate_nothing(bool eventIndex)
    {
        using NetRig rig = new(with: eventIndex ? NetRig.EventIndex : 0);
        rig.Network.IsLogging = false;
        rig.Network.Flood = [.. NetRig.Header(), .. NetRig.Frame(3000)];
        byte[] frame = NetRig.Frame(1000);
        long allocated = long.MaxValue;
        for (int turn = 0; turn < 20; turn++)
        {
            for (int i = 0; i < 32; i++)
                rig.Queue(frame);
            rig.Give(64, 1536, kick: false);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.True(rig.Rig.Core.Run(1));
            Assert.True(rig.Rig.Core.Run(0));
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.True(rig.Network.SentCount == 640 && rig.Net.Received(0).Frames == 20 * 32, $"{rig.Network.SentCount}, {rig.Net.Received(0).Frames}");
        Assert.Equal(0, allocated);
    }
}
