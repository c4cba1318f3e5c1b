using System.Runtime.InteropServices;
using Vmm.Devices.Virtio.Queue;
using Vmm.Guest.Memory;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>Buffers that meet the borders of RAM regions, and the 2³² limit.</summary>
public sealed class ChainRegionTests
{
    private const ulong Border = 0x2_0000;

    [Fact, Trait("Row", "21")]
    public void Buffer_across_two_regions_is_split_at_the_border()
    {
        using var bench = new QueueBench(false, true, (0UL, Border), (Border, 0x1000UL));
        bench.Driver.Add(new GuestBuffer(Border - 10, 30, true));

        Assert.Equal(ChainStatus.Ok, bench.Pop());

        Assert.Equal([10u, 20u], bench.Chain.Writable.ToArray().Select(s => s.Length));
        Assert.Equal(30, bench.Chain.Write(0, Enumerable.Repeat((byte)9, 30).ToArray()));
        Assert.Equal(9, bench.Ram.Read<byte>(Border - 10));
        Assert.Equal(9, bench.Ram.Read<byte>(Border + 19));
        Assert.Equal(0, bench.Ram.Read<byte>(Border + 20));
        Assert.True(bench.Ram.GuardsAreIntact);
    }

    [Fact, Trait("Row", "21")]
    public void Buffer_that_runs_into_a_hole_is_out_of_range()
    {
        using var bench = new QueueBench(false, true, (0UL, Border), (Border + 0x1000, 0x1000UL));
        bench.Driver.Add(new GuestBuffer(Border - 10, 30, true));
        Assert.Equal(ChainStatus.OutOfRange, bench.Pop());
    }

    [Fact, Trait("Row", "21")]
    public void Buffer_that_wraps_to_address_zero_is_out_of_range()
    {
        using var bench = new QueueBench(false, true, (0UL, Border), (ulong.MaxValue - 0xFFF, 0x1000UL));
        bench.Driver.Add(new GuestBuffer(ulong.MaxValue - 9, 10, true));
        bench.Driver.Add(new GuestBuffer(ulong.MaxValue - 9, 20, true));
        Assert.Equal(ChainStatus.Ok, bench.Pop());
        Assert.Equal(ChainStatus.OutOfRange, bench.Pop());
    }

    [Fact, Trait("Row", "18")]
    public unsafe void Chain_of_more_than_4_GiB_is_too_long_and_one_of_4_GiB_is_not()
    {
        // Address space only: nothing of it is ever touched beyond the rings.
        ulong size = 5UL << 30;
        void* low = NativeMemory.AllocZeroed(0x1_0000);
        void* high = NativeMemory.Alloc((nuint)size);
        try
        {
            var memory = new GuestMemory(new MemoryRegion(new(0), 0x1_0000, (nint)low), new MemoryRegion(new(Border), size, (nint)high));
            var queue = new Virtqueue(memory, 0, 8);
            queue.Config = new VirtqueueConfig { Size = 8, Descriptors = 0, Avail = 0x1000, Used = 0x2000 };
            Assert.Equal(RingStatus.Ok, queue.Activate(false, false));
            var chain = new DescriptorChain(8);
            Describe(memory, 0, uint.MaxValue, 1, 1);
            Describe(memory, 1, 1, 2, 0);
            Describe(memory, 2, uint.MaxValue, 1, 3);
            Describe(memory, 3, 2, 2, 0);
            memory.TryWrite(new(0x1004), 0x0002_0000u);
            memory.TryWrite(new(0x1002), (ushort)2);

            Assert.Equal(ChainStatus.Ok, queue.TryPop(chain));
            Assert.Equal(1UL << 32, chain.ReadableLength + chain.WritableLength);
            Assert.Equal(ChainStatus.TooLong, queue.TryPop(chain));
        }
        finally
        {
            NativeMemory.Free(low);
            NativeMemory.Free(high);
        }
    }

    private static void Describe(GuestMemory memory, int index, uint length, ushort flags, ushort next)
    {
        var at = new GuestAddress((ulong)index * 16);
        memory.TryWrite(at, Border);
        memory.TryWrite(at + 8, length);
        memory.TryWrite(at + 12, flags);
        memory.TryWrite(at + 14, next);
    }
}
