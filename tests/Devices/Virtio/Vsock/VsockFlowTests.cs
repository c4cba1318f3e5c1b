using Xunit;
using static Vmm.Devices.Virtio.Spec.SocketDevice;

namespace Vmm.Tests.Devices.Virtio.Vsock;

/// <summary>Credit, full queues, many connections at once, and what all that costs.</summary>
public sealed class VsockFlowTests
{
    private const uint Window = 256 << 10;

    private readonly VsockDriver _guest = new VsockDriver().Offer(32);

    [Fact]
    public void Host_that_takes_nothing_stops_the_guest_by_its_credit_and_frees_it_again()
    {
        _guest.Host.Room = 0;
        FakeStream stream = _guest.Connect();
        for (int i = 0; i < 4; i++)
            _guest.Send(Packet.Rw(80, 1024, Pattern(64 << 10, i)));
        _guest.Send(new Packet(VIRTIO_VSOCK_OP_CREDIT_REQUEST, 80, 1024));
        Packet update = _guest.ReceiveOne(VIRTIO_VSOCK_OP_CREDIT_UPDATE);
        Assert.Equal((Window, 0u), (update.BufferAllocation, update.ForwardCount));
        stream.Room = (64 << 10) - 1;
        _guest.Signal(stream, writable: true);
        Assert.Empty(_guest.Receive());
        stream.Room = 1;
        _guest.Signal(stream, writable: true);
        Assert.Equal(64u << 10, _guest.ReceiveOne(VIRTIO_VSOCK_OP_CREDIT_UPDATE).ForwardCount);
        stream.Room = int.MaxValue;
        _guest.Signal(stream, writable: true);
        Assert.Equal(Window, _guest.ReceiveOne(VIRTIO_VSOCK_OP_CREDIT_UPDATE).ForwardCount);
        for (int i = 0; i < 4; i++)
            Assert.True(stream.Taken.Slice(i * (64 << 10), 64 << 10).SequenceEqual(Pattern(64 << 10, i)));
    }

    [Fact]
    public void Storm_of_credit_requests_is_one_answer()
    {
        using VsockDriver guest = new();
        guest.Offer(1);
        guest.Connect();
        guest.Receive(offerAgain: false);
        for (int i = 0; i < 40; i++)
            guest.Push(new Packet(VIRTIO_VSOCK_OP_CREDIT_REQUEST, 80, 1024));
        guest.Kick();
        guest.Offer(20);
        Assert.Single(guest.Receive(), p => p.Operation == VIRTIO_VSOCK_OP_CREDIT_UPDATE);
    }

    [Fact]
    public void Guest_is_never_sent_more_than_it_can_hold_and_is_asked_once()
    {
        _guest.Send(Packet.Request(80, 1024) with { BufferAllocation = 1000 });
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RESPONSE);
        FakeStream stream = _guest.Host.Last;
        _guest.HostSends(stream, new byte[2500]);
        List<Packet> packets = _guest.Receive();
        Assert.Equal([VIRTIO_VSOCK_OP_RW, VIRTIO_VSOCK_OP_CREDIT_REQUEST], packets.Select(p => p.Operation));
        Assert.Equal(1000, packets[0].Data.Length);
        _guest.HostSends(stream, new byte[1]);
        Assert.Empty(_guest.Receive());
        _guest.Send(Credit(1000, 700));
        Assert.Equal(700, _guest.Receive()[0].Data.Length);
        // Counts that were overtaken on their way are no fault, and a smaller buffer counts at once.
        _guest.Send(Credit(800, 400));
        Assert.Empty(_guest.Receive());
        _guest.Send(Credit(800, 1700));
        Assert.Equal(800, _guest.Receive()[0].Data.Length);

        static Packet Credit(uint window, uint forwarded) =>
            new(VIRTIO_VSOCK_OP_CREDIT_UPDATE, 80, 1024) { BufferAllocation = window, ForwardCount = forwarded };
    }

    [Fact, Trait("Row", "43")]
    public void Queue_without_buffers_waits_without_work_and_loses_nothing()
    {
        using VsockDriver guest = new();
        guest.Offer(2);
        FakeStream stream = guest.Connect();
        byte[] data = Pattern(20_000, 1);
        guest.HostSends(stream, data);
        List<byte> received = [];
        while (received.Count < data.Length)
        {
            Assert.Equal(0, guest.Doorbells.Posted);
            int reads = stream.Reads;
            guest.Signal(stream, readable: true);
            Assert.True(stream.Reads == reads || stream.Unsent == 0, "read without a buffer");
            List<Packet> packets = guest.Receive(offerAgain: false);
            Assert.NotEmpty(packets);
            foreach (Packet packet in packets)
                received.AddRange(packet.Data);
            guest.Offer(packets.Count);
        }
        Assert.Equal(data, received);
    }

    [Fact]
    public void Of_thousands_of_connections_each_has_its_turn()
    {
        const int Count = 2000;
        for (uint i = 0; i < Count; i++)
            _guest.Connect(80, i);
        _guest.Driver.HandlesInterrupts = false;
        foreach (FakeStream stream in _guest.Host.Streams)
        {
            stream.Queue(new byte[3 * 4052]);
            stream.Owner!.StreamChanged(readable: true, writable: false, closed: false);
        }
        List<uint> order = [];
        _guest.Signal(_guest.Host.Last, readable: true);
        while (order.Count < 3 * Count)
        {
            List<Packet> packets = _guest.Receive();
            Assert.NotEmpty(packets);
            order.AddRange(packets.Select(p => p.GuestPort));
        }
        for (int round = 0; round < 3; round++)
            Assert.Equal(Count, order.Skip(round * Count).Take(Count).Distinct().Count());
    }

    [Fact]
    public void Large_flood_gives_way_to_others()
    {
        FakeStream stream = _guest.Connect();
        stream.Room = int.MaxValue;
        _guest.Doorbells.Refuses = true;
        for (int i = 0; i < 40; i++)
            _guest.Push(Packet.Rw(80, 1024, new byte[64 << 10]));
        _guest.Core.Notify(1);
        _guest.Doorbells.RunRound();
        Assert.InRange(stream.TakenLength, 1, 2 << 20);
        _guest.Doorbells.Run();
        Assert.Equal(40 * (64 << 10), stream.TakenLength);
    }

    [Fact]
    public void Packets_both_ways_allocate_nothing()
    {
        FakeStream stream = _guest.Connect();
        _guest.Push(Packet.Rw(80, 1024, new byte[2000]));
        ushort head = (ushort)((_guest.Sending.AvailIndex - 1) % _guest.Sending.Size);
        _guest.Kick();
        byte[] data = new byte[3000];
        Packet credit = new(VIRTIO_VSOCK_OP_CREDIT_UPDATE, 80, 1024);
        long[] measured = [long.MaxValue, long.MaxValue, long.MaxValue];
        for (int round = 0; round < 300; round++)
        {
            stream.Queue(data);
            stream.Room = round % 3 == 0 ? 500 : int.MaxValue;
            _guest.Sending.MakeAvailable(head);
            long before = GC.GetAllocatedBytesForCurrentThread();
            _guest.Device.ProcessQueue(TransmitQueue);
            using (_guest.Device.Enter())
            {
                stream.Room = int.MaxValue;
                stream.Owner!.StreamChanged(readable: true, writable: true, closed: false);
                _guest.Device.Deliver();
            }
            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            // The runtime may take some for its own ends now and then; what a packet takes, each of its kind takes.
            if (round >= 100)
                measured[round % 3] = Math.Min(measured[round % 3], taken);
            stream.ForgetTaken();
            uint passedOn = (uint)(3000 * (round + 1));
            _guest.Receive();
            _guest.Send(credit with { ForwardCount = passedOn });
            _guest.Receive();
            VsockDriver.Write(Packet.Rw(80, 1024, new byte[2000]) with { ForwardCount = passedOn }, _guest.Ram.Bytes(_guest.Ram.Read<ulong>(_guest.Sending.Descriptors + 16UL * head), HeaderSize));
            _guest.Sending.Describe(head, _guest.Ram.Read<ulong>(_guest.Sending.Descriptors + 16UL * head), HeaderSize + 2000, 0);
        }
        Assert.All(measured, taken => Assert.Equal(0, taken));
        Assert.Equal(0, stream.Unsent);
        Assert.Equal(1, _guest.Counters.Connections);
    }

    private static byte[] Pattern(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
