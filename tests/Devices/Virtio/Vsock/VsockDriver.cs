using Vmm.Devices.Backends;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Spec;
using Vmm.Devices.Virtio.Vsock;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.Vsock;

/// <summary>A guest's driver for the socket device, by hand.</summary>
internal sealed class VsockDriver : IDisposable
{
    public const ulong Cid = 5;
    public const ulong BufferSize = 4096;
    public const ulong ReceiveBuffers = 0x10_0000;
    public const ulong SendBuffers = 0x20_0000;
    public const ulong SendBufferSize = 0x1_1000;

    private const ulong RamSize = 8 << 20;
    private const ushort QueueSize = 64;
    private const ushort EventQueueSize = 16;
    private const ulong Events = 0xF_0000;

    private ushort _receiveSeen;

    private readonly IVsockBackend _host;

    public VsockDriver(IVsockBackend? host = null, ulong features = Rig.DefaultFeatures)
    {
        _host = host ?? new FakeHost();
        Device = new VirtioVsock("vsock0", Cid, _host);
        Core = new VirtioDeviceCore(Device, Ram.Memory, Doorbells);
        Driver = new MmioDriver(Core, Doorbells);
        Receiving = new DriverQueue(Ram, 0x1000, QueueSize);
        Sending = new DriverQueue(Ram, 0x4000, QueueSize);
        Eventing = new DriverQueue(Ram, 0x8000, EventQueueSize);
        Start(features);
    }

    public FakeHost Host => (FakeHost)_host;
    public TestRam Ram { get; } = new((0UL, RamSize));
    public TestDoorbells Doorbells { get; } = new();
    public VirtioVsock Device { get; }
    public VirtioDeviceCore Core { get; }
    public MmioDriver Driver { get; }
    public DriverQueue Receiving { get; }
    public DriverQueue Sending { get; }
    public DriverQueue Eventing { get; }
    public VsockCounters Counters => Device.Counters;
    public bool NeedsReset => (Driver.Status & GuestDriver.NeedsReset) != 0;

    public void Start(ulong features = Rig.DefaultFeatures)
    {
        _receiveSeen = 0;
        foreach (DriverQueue queue in (DriverQueue[])[Receiving, Sending, Eventing])
            Ram.Bytes(queue.Descriptors, (int)(queue.End - queue.Descriptors)).Clear();
        Assert.True(Driver.Negotiate(features));
        Driver.SetUp(0, Receiving);
        Driver.SetUp(1, Sending);
        Driver.SetUp(2, Eventing);
        Driver.Status = GuestDriver.DriverOk;
        Doorbells.Run();
    }

    /// <summary>Gives the device buffers to fill.</summary>
    public VsockDriver Offer(int count, uint size = (uint)BufferSize)
    {
        for (int i = 0; i < count; i++)
        {
            int index = Receiving.AvailIndex % QueueSize;
            Receiving.Describe(index, ReceiveBuffers + (ulong)index * BufferSize, size, DriverQueue.Write);
            Receiving.MakeAvailable((ushort)index);
        }
        Driver.Notify(0);
        Doorbells.Run();
        return this;
    }

    /// <summary>Puts a packet into the queue.</summary>
    public void Push(Packet packet)
    {
        int index = Sending.AvailIndex % QueueSize;
        ulong at = SendBuffers + (ulong)index * SendBufferSize;
        Write(packet, Ram.Bytes(at, SocketDevice.HeaderSize));
        packet.Data.CopyTo(Ram.Bytes(at + SocketDevice.HeaderSize, packet.Data.Length));
        Sending.Describe(index, at, (uint)(SocketDevice.HeaderSize + packet.Data.Length), 0);
        Sending.MakeAvailable((ushort)index);
    }

    public void Send(params ReadOnlySpan<Packet> packets)
    {
        foreach (Packet packet in packets)
            Push(packet);
        Kick();
    }

    public void Kick()
    {
        Driver.Notify(1);
        Doorbells.Run();
    }

    /// <summary>What the device has sent; its buffers go back to it.</summary>
    public List<Packet> Receive(bool offerAgain = true)
    {
        List<Packet> packets = [];
        while (Receiving.UsedIndex != _receiveSeen)
        {
            (uint id, uint length) = Receiving.UsedElement(_receiveSeen++);
            ulong at = Ram.Read<ulong>(Receiving.Descriptors + 16 * id);
            Assert.True(length >= SocketDevice.HeaderSize);
            VsockHeader header = VsockHeader.Read(Ram.Bytes(at, SocketDevice.HeaderSize));
            Assert.Equal(length - SocketDevice.HeaderSize, header.Length);
            Assert.Equal(Cid, header.DestinationCid);
            packets.Add(new Packet(header.Operation, header.SourcePort, header.DestinationPort)
            {
                SourceCid = header.SourceCid,
                DestinationCid = header.DestinationCid,
                Type = header.Type,
                Flags = header.Flags,
                BufferAllocation = header.BufferAllocation,
                ForwardCount = header.ForwardCount,
                Data = Ram.Bytes(at + SocketDevice.HeaderSize, (int)header.Length).ToArray(),
            });
        }
        if (offerAgain && packets.Count > 0)
            Offer(packets.Count);
        return packets;
    }

    /// <summary>The one packet that the device has sent.</summary>
    public Packet ReceiveOne(ushort operation)
    {
        Packet packet = Assert.Single(Receive());
        Assert.Equal(operation, packet.Operation);
        return packet;
    }

    /// <summary>The guest opens a connection; the host's end of it.</summary>
    public FakeStream Connect(uint hostPort = 80, uint guestPort = 1024)
    {
        Send(Packet.Request(hostPort, guestPort));
        Packet answer = ReceiveOne(SocketDevice.VIRTIO_VSOCK_OP_RESPONSE);
        Assert.Equal((hostPort, guestPort, SocketDevice.HostCid), (answer.HostPort, answer.GuestPort, answer.SourceCid));
        return Host.Last;
    }

    /// <summary>Something happened at a program's end.</summary>
    public void Signal(FakeStream stream, bool readable = false, bool writable = false, bool closed = false)
    {
        using (Device.Enter())
        {
            stream.Owner?.StreamChanged(readable, writable, closed);
            Device.Deliver();
        }
        Doorbells.Run();
    }

    /// <summary>A program has sent something.</summary>
    public void HostSends(FakeStream stream, byte[] bytes)
    {
        stream.Queue(bytes);
        Signal(stream, readable: true);
    }

    /// <summary>A program wants to talk to the guest.</summary>
    public bool HostConnects(FakeStream stream, uint guestPort)
    {
        bool asked;
        using (Device.Enter())
        {
            asked = Device.TryOpen(guestPort, stream);
            Device.Deliver();
        }
        Doorbells.Run();
        return asked;
    }

    public void OfferEvent()
    {
        Eventing.Add(new GuestBuffer(Events, 8, true));
        Driver.Notify(2);
        Doorbells.Run();
    }

    /// <summary>Goes on for another driver, whose device was restored here.</summary>
    public void Follow(VsockDriver other) => _receiveSeen = other._receiveSeen;

    public void Dispose()
    {
        Assert.True(Ram.GuardsAreIntact);
        Ram.Dispose();
    }

    public static void Write(Packet packet, Span<byte> bytes) => new VsockHeader
    {
        SourceCid = packet.SourceCid,
        DestinationCid = packet.DestinationCid,
        SourcePort = packet.GuestPort,
        DestinationPort = packet.HostPort,
        Length = packet.Length ?? (uint)packet.Data.Length,
        Type = packet.Type,
        Operation = packet.Operation,
        Flags = packet.Flags,
        BufferAllocation = packet.BufferAllocation,
        ForwardCount = packet.ForwardCount,
    }.Write(bytes);
}
