using Vmm.Devices.Virtio.Queue;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>One live queue without a device around it.</summary>
public sealed class QueueBench : IDisposable
{
    public const ushort Size = 8;
    public const ulong Ring = 0x1000;
    public const ulong Data = 0x8000;
    public const ulong Table = 0x4000;
    public const ulong RamSize = 0x1_0000;

    public QueueBench(bool eventIndex = false, bool indirect = true, params ReadOnlySpan<(ulong Start, ulong Size)> regions)
    {
        Ram = new TestRam(regions.IsEmpty ? [(0UL, RamSize)] : regions);
        Driver = new DriverQueue(Ram, Ring, Size);
        Queue = new Virtqueue(Ram.Memory, 0, Size);
        Queue.Config = new VirtqueueConfig { Size = Size, Descriptors = Driver.Descriptors, Avail = Driver.Avail, Used = Driver.Used };
        Assert.Equal(RingStatus.Ok, Queue.Activate(eventIndex, indirect));
    }

    public TestRam Ram { get; }
    public DriverQueue Driver { get; }
    public Virtqueue Queue { get; }
    public DescriptorChain Chain { get; } = new(64);

    public ChainStatus Pop() => Queue.TryPop(Chain);

    public void Dispose() => Ram.Dispose();
}
