using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.RateLimiting;
using Xunit;
using static Vmm.Devices.Virtio.Spec.NetworkDevice;

namespace Vmm.Tests.Devices.Virtio.Net;

public sealed class NetReceiveTests
{
    [Fact]
    public void Frame_lands_in_one_buffer_behind_a_header_that_says_so()
    {
        using NetRig rig = new();
        byte[] frame = NetRig.Frame(1000);
        rig.Give(4, 1536);
        rig.Arrive(frame);
        (byte[] header, byte[] got, int buffers) = rig.Receive()!.Value;
        Assert.Equal(NetRig.Header(buffers: 1), header);
        Assert.Equal(frame, got);
        Assert.Equal(1, buffers);
        Assert.Equal((1, 1000), (rig.Net.Received(0).Frames, rig.Net.Received(0).Bytes));
    }

    [Theory]
    [InlineData(100, 89, 1)]
    [InlineData(100, 88, 1)]
    [InlineData(100, 87, 1)]
    [InlineData(100, 188, 2)]
    [InlineData(100, 189, 3)]
    [InlineData(1536, 65550, 43)]
    [InlineData(65562, 65550, 1)]
    public void Large_frame_fills_all_its_buffers_but_the_last(int size, int length, int buffers)
    {
        using NetRig rig = new();
        byte[] frame = NetRig.Frame(length);
        rig.Give(60, size);
        byte[] header = length > 1518 ? NetRig.Header(VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4, 54, 1460, 34, 16) : NetRig.Header();
        rig.Arrive(frame, header: header);
        rig.Arrive(NetRig.Frame(60, seed: 2));
        (byte[] gotHeader, byte[] got, int used) = rig.Receive()!.Value;
        Assert.Equal(header[..10], gotHeader[..10]);
        Assert.Equal(frame, got);
        Assert.Equal(length + 12 <= size * buffers ? buffers : buffers + 1, used);
        for (int i = 0; i < used - 1; i++)
            Assert.Equal((uint)size, rig.Rig.Queues[0].UsedElement(i).Length);
        Assert.Equal(NetRig.Frame(60, seed: 2), rig.Receive()!.Value.Frame);
    }

    [Fact]
    public void Frame_larger_than_expected_is_whole_though_it_went_through_the_spill_area()
    {
        // No offloads: room for 1518 bytes is listed, and a frame of a jumbo network is larger.
        using NetRig rig = new(new FakeNetwork { ReceiveOffloads = NetworkOffloads.None });
        byte[] frame = NetRig.Frame(9000);
        rig.Give(40, 700);
        rig.Arrive(frame);
        Assert.Equal(frame, rig.Receive()!.Value.Frame);
    }

    [Fact]
    public void Without_merging_a_frame_gets_one_buffer_or_none()
    {
        using NetRig rig = new(without: NetRig.Bits(VIRTIO_NET_F_MRG_RXBUF));
        rig.Give(2, 1530);
        rig.Arrive(NetRig.Frame(1600));
        rig.Arrive(NetRig.Frame(1518, seed: 2));
        (byte[] header, byte[] frame, int buffers) = rig.Receive()!.Value;
        Assert.Equal((NetRig.Frame(1518, seed: 2), 1), (frame, buffers), TupleComparer.Instance);
        Assert.Equal(NetRig.Header(buffers: 1), header);
        Assert.Equal((1, 1), (rig.Net.Received(0).Frames, rig.Net.Received(0).Dropped));
    }

    [Fact, Trait("Row", "40")]
    public void Flood_on_a_full_ring_costs_nothing_and_receiving_resumes_with_new_buffers()
    {
        using NetRig rig = new();
        rig.Give(8, 1536);
        rig.Network.Flood = [.. NetRig.Header(), .. NetRig.Frame(1000)];
        rig.Run();
        Assert.False(rig.Network.IsListening());
        Assert.Equal(8, rig.Net.Received(0).Frames);
        int wakeups = rig.Network.Wakeups, receives = rig.Network.Receives;
        for (int i = 0; i < 1000; i++)
            rig.Run();
        Assert.Equal((wakeups, receives), (rig.Network.Wakeups, rig.Network.Receives));

        for (int turn = 0; turn < 100; turn++)
        {
            rig.Give(1 + turn % 7, 1536);
            while (rig.Receive() is { } got)
                Assert.Equal(1000, got.Frame.Length);
        }
        Assert.Equal(8 + Enumerable.Range(0, 100).Sum(turn => 1 + turn % 7), rig.Net.Received(0).Frames);
        rig.Network.Flood = null;
        rig.Give(1, 1536);
        rig.Arrive(NetRig.Frame(60));
        Assert.Equal(60, rig.Receive()!.Value.Frame.Length);
    }

    [Theory, Trait("Row", "40")]
    [InlineData(false)]
    [InlineData(true)]
    public void Drained_ring_resumes_with_and_without_event_index(bool eventIndex)
    {
        using NetRig rig = new(with: eventIndex ? NetRig.EventIndex : 0);
        for (int turn = 0; turn < 300; turn++)
        {
            rig.Arrive(NetRig.Frame(100, seed: turn));
            Assert.Null(rig.Receive());
            rig.Give(1, 1536, kick: false);
            // A driver rings only when the device asked for it.
            bool asked = eventIndex ? rig.Rig.Queues[0].AvailEvent == (ushort)(rig.Rig.Queues[0].AvailIndex - 1) : (rig.Rig.Queues[0].UsedFlags & 1) == 0;
            Assert.True(asked);
            rig.Kick(0);
            Assert.Equal(NetRig.Frame(100, seed: turn), rig.Receive()!.Value.Frame);
        }
    }

    [Fact, Trait("Row", "40")]
    public void Large_frame_waits_for_buffers_of_a_driver_that_gave_enough_before()
    {
        using NetRig rig = new();
        rig.Give(50, 1536);
        for (int i = 0; i < 45; i++)
            rig.Network.Arrive(NetRig.Frame(100, seed: i));
        rig.Run();
        byte[] frame = NetRig.Frame(20000);
        rig.Arrive(frame, header: NetRig.Header(VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4, 54, 1460, 34, 16));
        for (int i = 0; i < 45; i++)
            Assert.Equal(NetRig.Frame(100, seed: i), rig.Receive()!.Value.Frame);
        Assert.Null(rig.Receive());
        rig.Give(4, 1536);
        Assert.Null(rig.Receive());
        rig.Give(10, 1536);
        Assert.Equal(frame, rig.Receive()!.Value.Frame);
        Assert.Equal(0, rig.Net.Received(0).Dropped);
    }

    [Fact, Trait("Row", "40")]
    public void Large_frame_for_a_driver_that_never_had_room_is_dropped_and_small_ones_follow()
    {
        using NetRig rig = new();
        rig.Give(4, 1536);
        rig.Arrive(NetRig.Frame(20000), header: NetRig.Header(VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4, 54, 1460, 34, 16));
        rig.Arrive(NetRig.Frame(60));
        Assert.Equal(NetRig.Frame(60), rig.Receive()!.Value.Frame);
        Assert.Equal((1, 1), (rig.Net.Received(0).Frames, rig.Net.Received(0).Dropped));
    }

    [Fact]
    public void Pause_leaves_unused_buffers_in_the_queue_and_resuming_takes_them_again()
    {
        using NetRig rig = new();
        rig.Give(10, 1536);
        rig.Arrive(NetRig.Frame(60));
        rig.Rig.Core.Quiesce();
        Assert.False(rig.Network.IsListening());
        Assert.Equal(1, rig.Rig.Queues[0].UsedIndex);
        rig.Network.Arrive(NetRig.Frame(70));
        rig.Run();
        Assert.Equal(1, rig.Net.Received(0).Frames);
        rig.Rig.Core.Resume();
        rig.Run();
        Assert.Equal(60, rig.Receive()!.Value.Frame.Length);
        Assert.Equal(70, rig.Receive()!.Value.Frame.Length);
    }

    [Fact, Trait("Row", "29")]
    public void Reset_while_a_frame_is_read_waits_for_it_and_nothing_is_written_after()
    {
        using NetRig rig = new();
        rig.Give(10, 1536);
        Thread? driver = null;
        rig.Network.Meanwhile = () =>
        {
            driver = new Thread(() => rig.Rig.Driver.Status = 0);
            driver.Start();
        };
        rig.Arrive(NetRig.Frame(60));
        driver!.Join();
        Assert.Equal(0, rig.Rig.Driver.Status);
        rig.Run();
        Assert.False(rig.Network.IsListening());
        int receives = rig.Network.Receives;
        rig.Arrive(NetRig.Frame(61));
        Assert.Equal(receives, rig.Network.Receives);
    }

    [Fact]
    public void Stopped_queue_gives_its_buffers_up()
    {
        using NetRig rig = new();
        rig.Give(10, 1536);
        rig.Rig.Driver.SelectQueue(0);
        rig.Rig.Driver.QueueEnabled = false;
        rig.Run();
        Assert.False(rig.Rig.Driver.QueueEnabled);
        Assert.False(rig.Network.IsListening());
    }

    [Fact]
    public void Buffer_no_larger_than_the_header_needs_a_reset()
    {
        using NetRig rig = new();
        rig.Give(1, HeaderSize);
        Assert.True(rig.Rig.NeedsReset);
        rig.Network.Flood = [.. NetRig.Header(), .. NetRig.Frame(60)];
        rig.Run();
        Assert.False(rig.Network.IsListening());
    }

    [Theory]
    [InlineData(13)]
    [InlineData(65554)]
    [InlineData(70000)]
    public void Frame_of_impossible_length_is_dropped(int length)
    {
        using NetRig rig = new(new FakeNetwork { Mtu = null });
        rig.Give(60, 4096);
        rig.Arrive(length < 14 ? new byte[length] : NetRig.Frame(length));
        rig.Arrive(NetRig.Frame(60));
        Assert.Equal(60, rig.Receive()!.Value.Frame.Length);
        Assert.Equal(1, rig.Net.Received(0).Errors);
    }

    [Fact]
    public void Frame_beyond_the_agreed_MTU_is_not_handed_on_unless_it_is_to_be_cut_up()
    {
        using NetRig rig = new(new FakeNetwork { Mtu = 1500 });
        rig.Give(60, 1536);
        rig.Arrive(NetRig.Frame(1519));
        rig.Arrive(NetRig.Frame(1518));
        rig.Arrive(NetRig.Frame(9000), header: NetRig.Header(VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4, 54, 1460, 34, 16));
        Assert.Equal(1518, rig.Receive()!.Value.Frame.Length);
        Assert.Equal(9000, rig.Receive()!.Value.Frame.Length);
        Assert.Equal(1, rig.Net.Received(0).Errors);
    }

    [Fact]
    public void Frame_with_offloads_that_the_driver_does_not_take_is_dropped()
    {
        using NetRig rig = new(without: NetworkFeatureBits.Receive);
        rig.Give(60, 1536);
        rig.Arrive(NetRig.Frame(3000), header: NetRig.Header(VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_TCPV4, 54, 1460, 34, 16));
        rig.Arrive(NetRig.Frame(100), header: NetRig.Header(VIRTIO_NET_HDR_F_NEEDS_CSUM, start: 34, offset: 16));
        rig.Arrive(NetRig.Frame(60), header: NetRig.Header(VIRTIO_NET_HDR_F_DATA_VALID));
        Assert.Equal(NetRig.Header(buffers: 1), rig.Receive()!.Value.Header);
        Assert.Equal(2, rig.Net.Received(0).Errors);
        Assert.Equal(NetworkOffloads.None, rig.Network.Accepted);
    }

    [Fact]
    public void Rate_limit_holds_in_both_directions_and_loses_nothing()
    {
        using NetRig rig = new();
        rig.Net.Limit = new RateLimit(null, new BucketLimit(2, 1_000_000_000));
        rig.Give(20, 1536);
        for (int i = 0; i < 6; i++)
        {
            rig.Network.Arrive(NetRig.Frame(60 + i));
            rig.Queue(NetRig.Frame(60 + i));
        }
        rig.Kick(1);
        Assert.Equal((2, 2), (rig.Net.Received(0).Frames, rig.Net.Sent(0).Frames));
        Assert.False(rig.Network.IsListening());
        Assert.True(rig.Net.Throttled >= 2);
        rig.Net.Limit = default;
        rig.Run();
        Assert.Equal((6, 6), (rig.Net.Received(0).Frames, rig.Net.Sent(0).Frames));
        for (int i = 0; i < 6; i++)
            Assert.Equal(60 + i, rig.Receive()!.Value.Frame.Length);
    }

    private static class NetworkFeatureBits
    {
        public static readonly ulong Receive = NetRig.Bits(VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_TSO6,
            VIRTIO_NET_F_GUEST_ECN, VIRTIO_NET_F_GUEST_USO4, VIRTIO_NET_F_GUEST_USO6);
    }

    private sealed class TupleComparer : IEqualityComparer<(byte[] Bytes, int Count)>
    {
        public static readonly TupleComparer Instance = new();

        public bool Equals((byte[] Bytes, int Count) x, (byte[] Bytes, int Count) y) => x.Count == y.Count && x.Bytes.AsSpan().SequenceEqual(y.Bytes);

        public int GetHashCode((byte[] Bytes, int Count) obj) => obj.Count;
    }
}
