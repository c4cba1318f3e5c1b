using Vmm.Devices.Virtio.Vsock;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;
using static Vmm.Devices.Virtio.Spec.SocketDevice;

namespace Vmm.Tests.Devices.Virtio.Vsock;

/// <summary>A driver that breaks the rules: the answer is an RST, and nothing grows without bound.</summary>
public sealed class VsockHostileTests
{
    private readonly VsockDriver _guest = new VsockDriver().Offer(32);

    [Fact, Trait("Row", "43")]
    public void Foreign_source_address_is_answered_with_RST_to_the_guest()
    {
        _guest.Connect();
        _guest.Send(Packet.Rw(80, 1024, [1]) with { SourceCid = 6 });
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
        Assert.Equal(0, _guest.Host.Last.TakenLength);
        Assert.Equal(1, _guest.Counters.Connections);
    }

    [Theory, Trait("Row", "43")]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(3UL)]
    [InlineData(5UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(2UL | 1UL << 32)]
    public void Other_destinations_than_the_host_are_refused_in_their_name(ulong cid)
    {
        _guest.Send(Packet.Request(80, 1024) with { DestinationCid = cid });
        Assert.Equal(cid, _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST).SourceCid);
        Assert.Empty(_guest.Host.Streams);
    }

    [Theory, Trait("Row", "43")]
    [InlineData(0)]
    [InlineData(VIRTIO_VSOCK_F_SEQPACKET + 1)]
    [InlineData(0xFFFF)]
    public void Other_types_than_streams_are_refused_with_their_type(ushort type)
    {
        _guest.Send(Packet.Request(80, 1024) with { Type = type });
        Assert.Equal(type, _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST).Type);
    }

    [Theory, Trait("Row", "43")]
    [InlineData(VIRTIO_VSOCK_OP_INVALID)]
    [InlineData(VIRTIO_VSOCK_OP_RESPONSE)]
    [InlineData(VIRTIO_VSOCK_OP_SHUTDOWN)]
    [InlineData(VIRTIO_VSOCK_OP_RW)]
    [InlineData(VIRTIO_VSOCK_OP_CREDIT_UPDATE)]
    [InlineData(VIRTIO_VSOCK_OP_CREDIT_REQUEST)]
    [InlineData(8)]
    [InlineData(0xFFFF)]
    public void Packet_for_no_connection_is_answered_with_RST(ushort operation)
    {
        _guest.Send(new Packet(operation, 80, 1024));
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
    }

    [Fact, Trait("Row", "43")]
    public void RST_is_never_answered()
    {
        _guest.Send(Packet.Reset(80, 1024), Packet.Reset(80, 1024) with { SourceCid = 9 }, Packet.Reset(80, 1) with { Type = 7 }, Packet.Reset(80, 1) with { Length = 9 });
        Assert.Empty(_guest.Receive());
    }

    [Theory, Trait("Row", "43")]
    [InlineData(VIRTIO_VSOCK_OP_INVALID)]
    [InlineData(VIRTIO_VSOCK_OP_REQUEST)]
    [InlineData(VIRTIO_VSOCK_OP_RESPONSE)]
    [InlineData(8)]
    public void Operation_that_has_no_place_in_a_connection_ends_it(ushort operation)
    {
        FakeStream stream = _guest.Connect();
        _guest.Send(new Packet(operation, 80, 1024));
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
        Assert.True(stream.Closed);
        Assert.Equal(0, _guest.Counters.Connections);
    }

    [Theory, Trait("Row", "43")]
    [InlineData(VIRTIO_VSOCK_OP_RW)]
    [InlineData(VIRTIO_VSOCK_OP_CREDIT_UPDATE)]
    [InlineData(VIRTIO_VSOCK_OP_CREDIT_REQUEST)]
    [InlineData(VIRTIO_VSOCK_OP_SHUTDOWN)]
    public void Anything_but_an_answer_to_a_request_of_the_host_ends_it(ushort operation)
    {
        FakeStream stream = new();
        _guest.HostConnects(stream, 22);
        Packet request = _guest.ReceiveOne(VIRTIO_VSOCK_OP_REQUEST);
        _guest.Send(new Packet(operation, request.HostPort, 22) { Flags = 3 });
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
        Assert.True(stream.Closed);
    }

    [Theory, Trait("Row", "43")]
    [InlineData(1u, 0)]
    [InlineData(101u, 100)]
    [InlineData(uint.MaxValue, 100)]
    [InlineData(uint.MaxValue - 43, 100)]
    public void Length_beyond_the_buffer_ends_the_connection_and_nothing_is_read(uint length, int present)
    {
        FakeStream stream = _guest.Connect();
        _guest.Send(Packet.Rw(80, 1024, new byte[present]) with { Length = length });
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
        Assert.True(stream.Closed);
        Assert.Equal(0, stream.TakenLength);
    }

    [Fact, Trait("Row", "43")]
    public void Data_beyond_credit_ends_the_connection()
    {
        _guest.Host.Room = 0;
        FakeStream stream = _guest.Connect();
        for (int i = 0; i < 4; i++)
            _guest.Send(Packet.Rw(80, 1024, new byte[64 << 10]));
        Assert.Empty(_guest.Receive());
        Assert.False(stream.Closed);
        _guest.Send(Packet.Rw(80, 1024, [1]));
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
        Assert.True(stream.Closed);
    }

    [Theory, Trait("Row", "43")]
    [InlineData(6u)]
    [InlineData(1u << 30)]
    public void Claim_to_have_passed_on_more_than_was_sent_ends_the_connection(uint forwarded)
    {
        FakeStream stream = _guest.Connect();
        _guest.HostSends(stream, new byte[5]);
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RW);
        _guest.Send(new Packet(VIRTIO_VSOCK_OP_CREDIT_UPDATE, 80, 1024) { ForwardCount = forwarded });
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
        Assert.True(stream.Closed);
    }

    [Fact, Trait("Row", "43")]
    public void Request_with_false_credit_is_refused()
    {
        _guest.Send(Packet.Request(80, 1024) with { ForwardCount = 1 });
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
        Assert.Equal(0, _guest.Counters.Connections);
    }

    [Fact, Trait("Row", "43")]
    public void Data_after_the_end_of_data_ends_the_connection()
    {
        _guest.Connect();
        _guest.Send(Packet.Shutdown(80, 1024, VIRTIO_VSOCK_SHUTDOWN_F_SEND), Packet.Rw(80, 1024, [1]));
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
        Assert.Equal(0, _guest.Host.Last.TakenLength);
    }

    [Fact, Trait("Row", "43")]
    public void Storm_of_requests_opens_so_many_connections_and_refuses_the_others()
    {
        const int Extra = 100;
        int accepted = 0, refused = 0;
        for (uint i = 0; i < VirtioVsock.MaxConnections + Extra; i++)
        {
            _guest.Send(Packet.Request(80, 10_000 + i));
            foreach (Packet packet in _guest.Receive())
                _ = packet.Operation == VIRTIO_VSOCK_OP_RST ? refused++ : accepted++;
        }
        Assert.Equal((VirtioVsock.MaxConnections, Extra), (accepted, refused));
        Assert.Equal(VirtioVsock.MaxConnections, _guest.Host.Streams.Count);
        Assert.False(_guest.HostConnects(new FakeStream(), 22));
        _guest.Send(Packet.Reset(80, 10_000));
        Assert.True(_guest.HostConnects(new FakeStream(), 22));
    }

    [Fact, Trait("Row", "43")]
    public void Storm_without_room_for_answers_stops_the_queue_until_there_is_and_loses_none()
    {
        using VsockDriver guest = new();
        int sent = 0;
        while (sent < 1000 && guest.Sending.AvailIndex == guest.Sending.UsedIndex)
        {
            guest.Send(new Packet(VIRTIO_VSOCK_OP_RW, 1, (uint)sent++));
        }
        Assert.InRange(sent, 200, 300);
        Assert.Equal(0, guest.Doorbells.Posted);
        List<Packet> answers = [];
        guest.Offer(32);
        for (int i = 0; i < 20; i++)
            answers.AddRange(guest.Receive());
        Assert.Equal(Enumerable.Range(0, sent).Select(i => (uint)i), answers.Select(a => a.GuestPort));
        Assert.Equal(guest.Sending.AvailIndex, guest.Sending.UsedIndex);
    }

    [Theory, Trait("Row", "43")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(43)]
    public void Packet_shorter_than_a_header_is_counted_and_dropped(int length)
    {
        if (length == 0)
            _guest.Sending.Add(new GuestBuffer(VsockDriver.SendBuffers, 16, true));
        else
            _guest.Sending.Add(new GuestBuffer(VsockDriver.SendBuffers, (uint)length));
        _guest.Kick();
        Assert.Equal(1, _guest.Sending.UsedIndex);
        Assert.Equal(1, _guest.Counters.BadPackets);
        Assert.Empty(_guest.Receive());
        Assert.False(_guest.NeedsReset);
    }

    [Theory, Trait("Row", "43")]
    [InlineData(1u)]
    [InlineData(43u)]
    public void Receive_buffer_without_room_for_a_header_needs_a_reset(uint size)
    {
        using VsockDriver guest = new();
        guest.Offer(1, size);
        guest.Send(Packet.Request(80, 1024));
        Assert.True(guest.NeedsReset);
        guest.Driver.Status = 0;
        guest.Start();
        guest.Offer(4);
        guest.Connect();
    }

    [Fact, Trait("Row", "43")]
    public void Receive_buffer_without_room_for_data_is_passed_over()
    {
        using VsockDriver guest = new();
        guest.Offer(1);
        FakeStream stream = guest.Connect();
        guest.Offer(1, HeaderSize);
        // The one full buffer that Connect gave back first, then the small one, then one with a byte of room.
        guest.Offer(1, HeaderSize + 1);
        stream.Queue(new byte[5000]);
        guest.Signal(stream, readable: true);
        Assert.Equal(4, guest.Receiving.UsedIndex);
        Assert.Equal(0u, guest.Receiving.UsedElement(2).Length);
        Assert.Equal(HeaderSize + 1u, guest.Receiving.UsedElement(3).Length);
    }

    [Fact, Trait("Row", "43")]
    public void Buffers_outside_RAM_need_a_reset()
    {
        _guest.Sending.Add(new GuestBuffer(1UL << 40, 100));
        _guest.Kick();
        Assert.True(_guest.NeedsReset);
    }
}
