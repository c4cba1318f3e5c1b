using Vmm.Devices.Virtio.Block;
using Vmm.Devices.Virtio.RateLimiting;
using Vmm.Tests.Devices.Virtio.Harness;
using static Vmm.Devices.Virtio.Spec.BlockDevice;

namespace Vmm.Tests.Devices.Virtio.Block;

/// <summary>A disk with several queues on a transport, and the driver of each.</summary>
internal sealed class BlkRig : IDisposable
{
    public const ushort QueueSize = 64;
    private const ulong Headers = 0x4_0000;
    private const ulong Data = 0x8_0000;
    private const int HeaderStride = 32;

    private readonly int[] _next;
    private readonly int[] _seen;

    public BlkRig(TransportKind kind = TransportKind.Pci, int queues = 4, FakeDisk? disk = null, RateLimit limit = default)
    {
        Disk = disk ?? new FakeDisk(2048) { IsLogging = false };
        ManualClock clock = new();
        Device = new VirtioBlk("disk0", Disk, new BlockQueues(queues, QueueSize), clock) { Limit = limit };
        Rig = new Rig(kind, Device);
        Rig.Doorbells.Clock = clock;
        _next = new int[queues];
        _seen = new int[queues];
        Rig.Start();
    }

    public FakeDisk Disk { get; }

    public VirtioBlk Device { get; }

    public Rig Rig { get; }

    /// <summary>Makes a request available; returns where its status byte is.</summary>
    public ulong Push(int queue, uint type, ulong sector, uint length)
    {
        ulong header = Headers + (ulong)((queue * QueueSize + _next[queue]++ % QueueSize) * HeaderStride);
        Rig.Ram.Write(header, type);
        Rig.Ram.Write(header + HeaderSector, sector);
        Rig.Ram.Write<byte>(header + HeaderSize, 0xEE);
        GuestBuffer data = new(Data, length, Writable: type == VIRTIO_BLK_T_IN);
        if (length == 0)
            Rig.Queues[queue].Add(new GuestBuffer(header, HeaderSize), new GuestBuffer(header + HeaderSize, 1, Writable: true));
        else
            Rig.Queues[queue].Add(new GuestBuffer(header, HeaderSize), data, new GuestBuffer(header + HeaderSize, 1, Writable: true));
        return header + HeaderSize;
    }

    public byte StatusAt(ulong address) => Rig.Ram.Read<byte>(address);

    /// <summary>How many came back on a queue since the last look.</summary>
    public int Returned(int queue)
    {
        int returned = (ushort)(Rig.Queues[queue].UsedIndex - _seen[queue]);
        _seen[queue] += returned;
        return returned;
    }

    public void Dispose() => Rig.Dispose();
}
