using Vmm.Devices.Virtio.Vsock;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;
using static Vmm.Devices.Virtio.Spec.SocketDevice;

namespace Vmm.Tests.Devices.Virtio.Vsock;

public sealed class VsockTests
{
    private const uint Both = VIRTIO_VSOCK_SHUTDOWN_F_RECEIVE | VIRTIO_VSOCK_SHUTDOWN_F_SEND;

    private readonly VsockDriver _guest = new VsockDriver().Offer(32);

    [Fact]
    public void Configuration_is_the_guest_s_address_and_streams_are_offered()
    {
        byte[] config = new byte[8];
        _guest.Driver.ReadConfig(0, config);
        Assert.Equal([5, 0, 0, 0, 0, 0, 0, 0], config);
        Assert.Equal(0b101UL, _guest.Driver.OfferedFeatures & 0xFF);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(0b101UL)]
    public void Streams_work_whatever_was_agreed_about_them(ulong features)
    {
        using VsockDriver guest = new(features: Rig.DefaultFeatures | features);
        guest.Offer(4);
        guest.Connect();
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(2UL)]
    [InlineData(0xffff_ffffUL)]
    [InlineData(1UL << 32 | 5)]
    public void Reserved_addresses_are_no_guest_s(ulong cid) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new VirtioVsock("vsock0", cid, new FakeHost()));

    [Fact]
    public void Guest_connects_and_data_goes_both_ways()
    {
        FakeStream stream = _guest.Connect(80, 1024);
        _guest.Send(Packet.Rw(80, 1024, "hello "u8.ToArray()), Packet.Rw(80, 1024, "host"u8.ToArray()));
        Assert.Equal("hello host"u8, stream.Taken);
        _guest.HostSends(stream, "hello guest"u8.ToArray());
        Packet data = _guest.ReceiveOne(VIRTIO_VSOCK_OP_RW);
        Assert.Equal("hello guest"u8.ToArray(), data.Data);
        Assert.Equal((80u, 1024u, 10u), (data.HostPort, data.GuestPort, data.ForwardCount));
    }

    [Fact]
    public void Host_connects_and_hears_when_the_guest_accepts()
    {
        FakeStream stream = new();
        stream.Queue("early"u8);
        Assert.True(_guest.HostConnects(stream, 22));
        Packet request = _guest.ReceiveOne(VIRTIO_VSOCK_OP_REQUEST);
        Assert.Equal(22u, request.GuestPort);
        Assert.Null(stream.AcceptedAt);
        _guest.Send(new Packet(VIRTIO_VSOCK_OP_RESPONSE, request.HostPort, 22));
        Assert.Equal(request.HostPort, stream.AcceptedAt);
        Assert.Equal("early"u8.ToArray(), _guest.ReceiveOne(VIRTIO_VSOCK_OP_RW).Data);
        Assert.Equal(1, _guest.Counters.OpenedByHost);
    }

    [Fact]
    public void Host_is_closed_when_the_guest_refuses()
    {
        FakeStream stream = new();
        _guest.HostConnects(stream, 22);
        Packet request = _guest.ReceiveOne(VIRTIO_VSOCK_OP_REQUEST);
        _guest.Send(Packet.Reset(request.HostPort, 22));
        Assert.True(stream.Closed);
        Assert.Equal((0, 1L), (_guest.Counters.Connections, _guest.Counters.Refused));
        Assert.Empty(_guest.Receive());
    }

    [Fact]
    public void Host_that_gives_up_before_the_answer_is_an_RST_to_the_guest()
    {
        FakeStream stream = new();
        _guest.HostConnects(stream, 22);
        Packet request = _guest.ReceiveOne(VIRTIO_VSOCK_OP_REQUEST);
        _guest.Signal(stream, closed: true);
        Assert.Equal(request.HostPort, _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST).HostPort);
        Assert.Equal(0, _guest.Counters.Connections);
    }

    [Fact]
    public void Host_finds_nobody_where_no_driver_is()
    {
        _guest.Driver.Status = 0;
        Assert.False(_guest.HostConnects(new FakeStream(), 22));
    }

    [Fact]
    public void Port_on_which_nobody_listens_is_refused()
    {
        _guest.Send(Packet.Request(FakeHost.ClosedPort, 1024));
        Packet reset = _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
        Assert.Equal((FakeHost.ClosedPort, 1024u, HostCid), (reset.HostPort, reset.GuestPort, reset.SourceCid));
    }

    [Fact]
    public void Guest_that_closes_gets_an_RST_after_all_its_data_was_taken()
    {
        FakeStream stream = _guest.Connect();
        _guest.Send(Packet.Rw(80, 1024, [1, 2, 3]), Packet.Shutdown(80, 1024, Both));
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
        Assert.True(stream.Closed);
        Assert.Equal(3, stream.TakenLength);
        Assert.Equal(0, _guest.Counters.Connections);
    }

    [Fact]
    public void Host_that_reads_slowly_gets_all_that_was_sent_before_the_guest_closed()
    {
        _guest.Host.Room = 10;
        FakeStream stream = _guest.Connect();
        byte[] data = [.. Enumerable.Range(0, 50_000).Select(i => (byte)i)];
        _guest.Send(Packet.Rw(80, 1024, data), Packet.Shutdown(80, 1024, Both));
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
        Assert.False(stream.Closed);
        Assert.Equal(1, _guest.Counters.Connections);
        // The ports are free already.
        _guest.Host.Room = int.MaxValue;
        FakeStream next = _guest.Connect();
        Assert.NotSame(stream, next);
        for (int i = 0; !stream.Closed; i++)
        {
            stream.Room = 5000 + i;
            _guest.Signal(stream, writable: true);
        }
        Assert.True(stream.Taken.SequenceEqual(data));
        Assert.Equal(1, _guest.Counters.Connections);
    }

    [Fact]
    public void Each_way_is_closed_by_itself()
    {
        _guest.Host.Room = 2;
        FakeStream stream = _guest.Connect();
        _guest.Send(Packet.Rw(80, 1024, [1, 2, 3]), Packet.Shutdown(80, 1024, VIRTIO_VSOCK_SHUTDOWN_F_SEND));
        Assert.False(stream.WritingEnded);
        stream.Room = 10;
        _guest.Signal(stream, writable: true);
        Assert.True(stream.WritingEnded);
        _guest.HostSends(stream, [9, 9]);
        Assert.Equal([9, 9], _guest.ReceiveOne(VIRTIO_VSOCK_OP_RW).Data);
        stream.SendsNoMore = true;
        _guest.Signal(stream, readable: true, closed: true);
        Assert.Equal(Both, _guest.ReceiveOne(VIRTIO_VSOCK_OP_SHUTDOWN).Flags);
        _guest.Send(Packet.Reset(80, 1024));
        Assert.Equal(0, _guest.Counters.Connections);
    }

    [Fact]
    public void Host_that_sends_no_more_still_receives()
    {
        FakeStream stream = _guest.Connect();
        stream.SendsNoMore = true;
        _guest.HostSends(stream, [7]);
        List<Packet> packets = _guest.Receive();
        Assert.Equal([VIRTIO_VSOCK_OP_RW, VIRTIO_VSOCK_OP_SHUTDOWN], packets.Select(p => p.Operation));
        Assert.Equal(VIRTIO_VSOCK_SHUTDOWN_F_SEND, packets[1].Flags);
        _guest.Send(Packet.Rw(80, 1024, [1, 2]));
        Assert.Equal(2, stream.TakenLength);
        Assert.False(stream.Closed);
    }

    [Fact]
    public void Host_that_closed_gets_no_more_and_the_guest_gets_what_it_had_sent()
    {
        FakeStream stream = _guest.Connect();
        stream.Queue(new byte[10_000]);
        (stream.SendsNoMore, stream.TakesNoMore) = (true, true);
        _guest.Signal(stream, readable: true, writable: true, closed: true);
        List<Packet> packets = _guest.Receive();
        Assert.Equal(10_000, packets.Sum(p => p.Data.Length));
        Assert.Equal((VIRTIO_VSOCK_OP_SHUTDOWN, Both), (packets[^1].Operation, packets[^1].Flags));
        Assert.True(stream.Closed);
        // What the guest sent before it knew is no fault.
        _guest.Send(Packet.Rw(80, 1024, [1]));
        Assert.Empty(_guest.Receive());
        _guest.Send(Packet.Shutdown(80, 1024, Both));
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
        Assert.Equal(0, _guest.Counters.Connections);
    }

    [Fact]
    public void Program_that_stops_reading_is_told_to_the_guest()
    {
        FakeStream stream = _guest.Connect();
        stream.TakesNoMore = true;
        _guest.Send(Packet.Rw(80, 1024, [1]));
        Assert.Equal(VIRTIO_VSOCK_SHUTDOWN_F_RECEIVE, _guest.ReceiveOne(VIRTIO_VSOCK_OP_SHUTDOWN).Flags);
        _guest.HostSends(stream, [5]);
        Assert.Equal([5], _guest.ReceiveOne(VIRTIO_VSOCK_OP_RW).Data);
    }

    [Fact]
    public void Reset_by_the_driver_closes_everything_and_all_works_again()
    {
        FakeStream one = _guest.Connect(80, 1), two = _guest.Connect(80, 2);
        _guest.Driver.Status = 0;
        Assert.True(one.Closed && two.Closed);
        Assert.Equal(0, _guest.Counters.Connections);
        _guest.Start();
        _guest.Offer(8);
        _guest.Connect(80, 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Transport_reset_ends_all_connections_and_is_an_event(bool bufferFirst)
    {
        FakeStream stream = _guest.Connect();
        if (bufferFirst)
            _guest.OfferEvent();
        _guest.Device.TransportReset();
        if (!bufferFirst)
            _guest.OfferEvent();
        Assert.True(stream.Closed);
        Assert.Equal(1, _guest.Eventing.UsedIndex);
        Assert.Equal(4u, _guest.Eventing.UsedElement(0).Length);
        _guest.OfferEvent();
        Assert.Equal(1, _guest.Eventing.UsedIndex);
        _guest.Connect();
    }

    [Fact]
    public void Event_index_and_indirect_descriptors_work()
    {
        using VsockDriver guest = new(features: Rig.DefaultFeatures | GuestDriver.EventIndex);
        guest.Offer(4);
        FakeStream stream = guest.Connect();
        ulong at = VsockDriver.SendBuffers;
        VsockDriver.Write(Packet.Rw(80, 1024, new byte[300]), guest.Ram.Bytes(at, HeaderSize));
        guest.Sending.AddIndirect(0x9_0000, new GuestBuffer(at, 40), new GuestBuffer(at + 40, 104), new GuestBuffer(at + 0x1000, 200));
        guest.Kick();
        Assert.Equal(300, stream.TakenLength);
    }
}
