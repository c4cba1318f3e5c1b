using System.Buffers.Binary;
using Vmm.Devices.Virtio.Net;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.Net;

/// <summary>A network device with a fake network behind it, and a driver that sends and receives.</summary>
internal sealed class NetRig : IDisposable
{
    public const ulong EventIndex = GuestDriver.EventIndex;
    public static readonly EthernetAddress Mac = new(0x0200_0000_0001);

    private const ulong RamSize = 16 << 20;
    private const ulong FirstBuffer = 0x2_0000;

    private readonly Dictionary<(int Queue, uint Head), ulong> _addresses = [];
    private readonly ushort[] _seen;
    private ulong _next = FirstBuffer;

    public NetRig(FakeNetwork? network = null, ulong without = 0, NetworkOptions? options = null, bool start = true, ulong with = 0)
    {
        Network = network ?? new FakeNetwork();
        Net = new VirtioNet("net0", Network, options ?? new NetworkOptions(Mac) { QueueSize = 64, QueuePairs = Network.QueuePairs }, Clock);
        Rig = new Rig(TransportKind.Mmio, Net, (0UL, RamSize));
        _seen = new ushort[Rig.Queues.Count];
        if (start)
            Start(without, with);
    }

    public FakeNetwork Network { get; }
    public ManualClock Clock { get; } = new();
    public VirtioNet Net { get; }
    public Rig Rig { get; }
    public int Control => Rig.Queues.Count - 1;

    public static ulong Bits(params int[] bits) => bits.Aggregate(0UL, (mask, bit) => mask | 1UL << bit);

    /// <summary>A frame of a length to an address, with content that tells it from others.</summary>
    public static byte[] Frame(int length, EthernetAddress? to = null, int seed = 1)
    {
        byte[] frame = new byte[length];
        new Random(seed).NextBytes(frame);
        (to ?? Mac).Write(frame);
        new EthernetAddress(0x0200_0000_00ff).Write(frame.AsSpan(6));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), 0x0800);
        return frame;
    }

    public static byte[] Header(byte flags = 0, byte gso = 0, ushort length = 0, ushort size = 0, ushort start = 0, ushort offset = 0, ushort buffers = 0)
    {
        byte[] header = new byte[NetworkDevice.HeaderSize];
        (header[0], header[1]) = (flags, gso);
        ushort[] words = [length, size, start, offset, buffers];
        for (int i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2 + 2 * i), words[i]);
        return header;
    }

    public void Start(ulong without = 0, ulong with = 0)
    {
        Rig.Start(Rig.Driver.OfferedFeatures & ~GuestDriver.EventIndex & ~without | with);
        Array.Clear(_seen);
    }

    /// <summary>Lets event thread and network work until both have nothing to do.</summary>
    public void Run()
    {
        for (int round = 0; ; round++)
        {
            Assert.True(round < 10_000, "work never ends");
            Rig.Doorbells.Run();
            if (!Network.Wake())
                return;
        }
    }

    public ulong Allocate(int length)
    {
        if (_next + (ulong)length > RamSize)
            _next = FirstBuffer;
        ulong at = _next;
        _next += (ulong)(length + 63) & ~63UL;
        return at;
    }

    /// <summary>Puts a frame into a transmit queue; the header is a buffer by itself if so wished.</summary>
    public void Queue(byte[] frame, byte[]? header = null, int pair = 0, bool apart = false)
    {
        byte[] all = [.. header ?? Header(), .. frame];
        ulong at = Allocate(all.Length);
        all.CopyTo(Rig.Ram.Bytes(at, all.Length));
        DriverQueue queue = Rig.Queues[2 * pair + 1];
        if (apart)
            queue.Add(new GuestBuffer(at, NetworkDevice.HeaderSize), new GuestBuffer(at + NetworkDevice.HeaderSize, (uint)frame.Length));
        else
            queue.Add(new GuestBuffer(at, (uint)all.Length));
    }

    public void Send(byte[] frame, byte[]? header = null, int pair = 0)
    {
        Queue(frame, header, pair);
        Kick(2 * pair + 1);
    }

    public void Kick(int queue)
    {
        Rig.Driver.Notify((uint)queue);
        Run();
    }

    /// <summary>Gives the device receive buffers.</summary>
    public void Give(int count, int length, int pair = 0, bool kick = true)
    {
        for (int i = 0; i < count; i++)
        {
            ulong at = Allocate(length);
            Rig.Ram.Bytes(at, length).Fill(0xEE);
            ushort head = Rig.Queues[2 * pair].Add(new GuestBuffer(at, (uint)length, true));
            _addresses[(2 * pair, head)] = at;
        }
        if (kick)
            Kick(2 * pair);
    }

    /// <summary>The next frame that was received: its header, its bytes, and its buffers.</summary>
    public (byte[] Header, byte[] Frame, int Buffers)? Receive(int pair = 0)
    {
        DriverQueue queue = Rig.Queues[2 * pair];
        ref ushort seen = ref _seen[2 * pair];
        if (seen == queue.UsedIndex)
            return null;
        List<byte> bytes = [];
        int buffers = 1;
        for (int i = 0; i < buffers; i++)
        {
            Assert.NotEqual(seen, queue.UsedIndex);
            (uint head, uint length) = queue.UsedElement(seen++);
            bytes.AddRange(Rig.Ram.Bytes(_addresses[(2 * pair, head)], (int)length));
            if (i == 0)
                buffers = BinaryPrimitives.ReadUInt16LittleEndian([.. bytes[10..12]]);
        }
        return ([.. bytes[..NetworkDevice.HeaderSize]], [.. bytes[NetworkDevice.HeaderSize..]], buffers);
    }

    /// <summary>A frame arrives and is worked on.</summary>
    public void Arrive(byte[] frame, int pair = 0, byte[]? header = null)
    {
        Network.Arrive(frame, pair, header);
        Run();
    }

    /// <summary>Whether a frame to an address gets through.</summary>
    public bool Passes(byte[] frame)
    {
        Give(1, 2048);
        Arrive(frame);
        bool passed = Receive() is not null;
        // What was left over goes with the next one.
        if (!passed)
            Rig.Core.Quiesce();
        if (!passed)
            Rig.Core.Resume();
        Run();
        return passed;
    }

    /// <summary>One command; its answer.</summary>
    public byte Command(byte kind, byte command, params byte[] data)
    {
        ulong at = Allocate(data.Length + 3);
        Span<byte> bytes = Rig.Ram.Bytes(at, data.Length + 3);
        (bytes[0], bytes[1], bytes[^1]) = (kind, command, 0xEE);
        data.CopyTo(bytes[2..]);
        DriverQueue queue = Rig.Queues[Control];
        ushort before = queue.UsedIndex;
        queue.Add(new GuestBuffer(at, (uint)data.Length + 2), new GuestBuffer(at + 2 + (uint)data.Length, 1, true));
        Kick(Control);
        Assert.Equal(before + 1, queue.UsedIndex);
        Assert.Equal(1u, queue.UsedElement(before).Length);
        return Rig.Ram.Read<byte>(at + 2 + (uint)data.Length);
    }

    public ushort Config16(int offset)
    {
        Span<byte> data = stackalloc byte[2];
        Rig.Driver.ReadConfig((ulong)offset, data);
        return BinaryPrimitives.ReadUInt16LittleEndian(data);
    }

    /// <summary>Goes on for the driver of another rig, whose card was restored here.</summary>
    public void Follow(NetRig other)
    {
        foreach (((int Queue, uint Head) at, ulong address) in other._addresses)
            _addresses[at] = address;
        other._seen.CopyTo(_seen, 0);
        _next = other._next;
    }

    public void Dispose() => Rig.Dispose();
}
