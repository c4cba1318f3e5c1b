using Vmm.Devices.Virtio.Queue;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>What the queue makes of good and bad chains.</summary>
public sealed class ChainTests : IDisposable
{
    private const ushort Next = DriverQueue.Next;
    private const ushort Write = DriverQueue.Write;
    private const ushort Indirect = DriverQueue.Indirect;

    private readonly QueueBench _bench = new();

    private DriverQueue Driver => _bench.Driver;

    private DescriptorChain Chain => _bench.Chain;

    public void Dispose()
    {
        Assert.True(_bench.Ram.GuardsAreIntact);
        _bench.Dispose();
    }

    [Fact]
    public void Queue_without_available_chains_is_empty() => Assert.Equal(ChainStatus.Empty, _bench.Pop());

    [Fact]
    public void Chain_has_its_readable_and_writable_parts_in_order()
    {
        _bench.Ram.Bytes(QueueBench.Data, 4).Fill(7);
        ushort head = Driver.Add(new(QueueBench.Data, 4), new(QueueBench.Data + 0x100, 8), new(QueueBench.Data + 0x200, 16, true), new(QueueBench.Data + 0x300, 1, true));

        Assert.Equal(ChainStatus.Ok, _bench.Pop());

        Assert.Equal(head, Chain.Head);
        Assert.Equal([4u, 8u], Chain.Readable.ToArray().Select(s => s.Length));
        Assert.Equal([16u, 1u], Chain.Writable.ToArray().Select(s => s.Length));
        Assert.Equal((12UL, 17UL), (Chain.ReadableLength, Chain.WritableLength));
        byte[] read = new byte[5];
        Assert.Equal(5, Chain.Read(0, read));
        Assert.Equal([7, 7, 7, 7, 0], read);
        Assert.Equal(ChainStatus.Empty, _bench.Pop());
    }

    [Fact]
    public void Copies_cross_segment_borders_and_stop_at_the_end()
    {
        Driver.Add(new(QueueBench.Data, 3), new(QueueBench.Data + 0x100, 3), new(QueueBench.Data + 0x200, 2, true), new(QueueBench.Data + 0x300, 2, true));
        "abc"u8.CopyTo(_bench.Ram.Bytes(QueueBench.Data, 3));
        "def"u8.CopyTo(_bench.Ram.Bytes(QueueBench.Data + 0x100, 3));
        _bench.Pop();

        byte[] read = new byte[10];
        Assert.Equal(5, Chain.Read(1, read));
        Assert.Equal("bcdef"u8.ToArray(), read[..5]);
        Assert.Equal(0, Chain.Read(6, read));
        Assert.Equal(3, Chain.Write(1, "xyzuv"u8));
        Assert.Equal((byte)'x', _bench.Ram.Read<byte>(QueueBench.Data + 0x201));
        Assert.Equal((byte)'z', _bench.Ram.Read<byte>(QueueBench.Data + 0x301));
        Assert.Equal(0, _bench.Ram.Read<byte>(QueueBench.Data + 0x302));
    }

    [Fact, Trait("Row", "14")]
    public void Available_index_ahead_by_more_than_the_size_is_reported()
    {
        Driver.AvailIndex = QueueBench.Size;
        Driver.Describe(0, QueueBench.Data, 1, 0);
        Assert.Equal(ChainStatus.Ok, _bench.Pop());

        Driver.AvailIndex = QueueBench.Size + 2;

        Assert.Equal(ChainStatus.AvailIndexAhead, _bench.Pop());
    }

    [Theory, Trait("Row", "15")]
    [InlineData(QueueBench.Size)]
    [InlineData(ushort.MaxValue)]
    public void Head_beyond_the_table_is_reported(int head)
    {
        Driver.MakeAvailable((ushort)head);
        Assert.Equal(ChainStatus.HeadOutOfRange, _bench.Pop());
    }

    [Theory, Trait("Row", "16")]
    [InlineData(QueueBench.Size)]
    [InlineData(ushort.MaxValue)]
    public void Next_beyond_the_table_is_reported(int next)
    {
        Driver.Describe(0, QueueBench.Data, 1, Next, (ushort)next);
        Driver.MakeAvailable(0);
        Assert.Equal(ChainStatus.NextOutOfRange, _bench.Pop());
    }

    [Theory, Trait("Row", "16")]
    [InlineData(2)]
    [InlineData(ushort.MaxValue)]
    public void Next_beyond_an_indirect_table_is_reported(int next)
    {
        Driver.DescribeAt(QueueBench.Table, 0, QueueBench.Data, 1, Next, (ushort)next);
        Driver.Describe(0, QueueBench.Table, 2 * 16, Indirect);
        Driver.MakeAvailable(0);
        Assert.Equal(ChainStatus.NextOutOfRange, _bench.Pop());
    }

    [Theory, Trait("Row", "17")]
    [InlineData(1u)]
    [InlineData(0u)]
    public void Chain_with_cycle_is_reported_as_loop(uint length)
    {
        Driver.Describe(0, QueueBench.Data, length, Next, 1);
        Driver.Describe(1, QueueBench.Data, length, Next, 2);
        Driver.Describe(2, QueueBench.Data, length, Next, 0);
        Driver.MakeAvailable(0);
        Assert.Equal(ChainStatus.Loop, _bench.Pop());
    }

    [Fact, Trait("Row", "17")]
    public void Descriptor_that_follows_itself_is_reported_as_loop()
    {
        Driver.Describe(3, QueueBench.Data, 1, Next, 3);
        Driver.MakeAvailable(3);
        Assert.Equal(ChainStatus.Loop, _bench.Pop());
    }

    [Fact, Trait("Row", "17")]
    public void Indirect_table_with_cycle_is_reported_as_loop()
    {
        Driver.DescribeAt(QueueBench.Table, 0, QueueBench.Data, 0, Next, 1);
        Driver.DescribeAt(QueueBench.Table, 1, QueueBench.Data, 0, Next, 0);
        Driver.Describe(0, QueueBench.Table, 2 * 16, Indirect);
        Driver.MakeAvailable(0);
        Assert.Equal(ChainStatus.Loop, _bench.Pop());
    }

    [Fact]
    public void Chain_of_exactly_the_queue_size_is_taken()
    {
        Driver.Add([.. Enumerable.Repeat(new GuestBuffer(QueueBench.Data, 1), QueueBench.Size)]);
        Assert.Equal(ChainStatus.Ok, _bench.Pop());
        Assert.Equal(QueueBench.Size, Chain.Readable.Length);
    }

    [Fact]
    public void Chain_with_more_segments_than_the_device_takes_is_too_long()
    {
        Driver.AddIndirect(QueueBench.Table, [.. Enumerable.Repeat(new GuestBuffer(QueueBench.Data, 1), 65)]);
        Assert.Equal(ChainStatus.TooLong, _bench.Pop());
    }

    [Fact, Trait("Row", "19")]
    public void Zero_length_descriptors_are_no_segments()
    {
        Driver.Add(new(QueueBench.Data, 0), new(ulong.MaxValue, 0), new(QueueBench.Data, 2, true));
        Assert.Equal(ChainStatus.Ok, _bench.Pop());
        Assert.Equal(0, Chain.Readable.Length);
        Assert.Equal(1, Chain.Writable.Length);
    }

    [Fact, Trait("Row", "20")]
    public void Length_of_4_GiB_outside_RAM_leaves_a_chain_that_can_be_answered()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Driver.Add(new(QueueBench.Data, 0), new(QueueBench.Data, uint.MaxValue, true), new(QueueBench.Data + 0x500, 1, true));

        Assert.Equal(ChainStatus.OutOfRange, _bench.Pop());

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4096);
        Assert.Equal(1u, Chain.Writable[^1].Length);
        Assert.Equal(Chain.WritableLength, Chain.Writable.ToArray().Aggregate(0UL, (sum, s) => sum + s.Length));
        Assert.Equal(1, _bench.Queue.InFlight);
    }

    [Theory, Trait("Row", "21")]
    [InlineData(ulong.MaxValue, 1u)]
    [InlineData(ulong.MaxValue - 3, 8u)]
    [InlineData(QueueBench.RamSize - 1, 2u)]
    [InlineData(QueueBench.RamSize, 1u)]
    public void Buffer_that_leaves_RAM_or_ends_at_the_top_of_memory_is_out_of_range(ulong address, uint length)
    {
        Driver.Add(new GuestBuffer(address, length, true));
        Assert.Equal(ChainStatus.OutOfRange, _bench.Pop());
    }

    [Fact, Trait("Row", "22")]
    public void Indirect_table_is_followed()
    {
        Driver.AddIndirect(QueueBench.Table, new(QueueBench.Data, 5), new(QueueBench.Data, 6, true));
        Assert.Equal(ChainStatus.Ok, _bench.Pop());
        Assert.Equal((5UL, 6UL), (Chain.ReadableLength, Chain.WritableLength));
    }

    [Fact, Trait("Row", "22")]
    public void Write_flag_on_the_tables_own_descriptor_means_nothing()
    {
        Driver.DescribeAt(QueueBench.Table, 0, QueueBench.Data, 5, 0);
        Driver.Describe(0, QueueBench.Table, 16, Indirect | Write);
        Driver.MakeAvailable(0);
        Assert.Equal(ChainStatus.Ok, _bench.Pop());
        Assert.Equal(5UL, Chain.ReadableLength);
    }

    [Fact, Trait("Row", "22")]
    public void Indirect_table_may_end_a_chain_of_plain_descriptors()
    {
        Driver.DescribeAt(QueueBench.Table, 0, QueueBench.Data, 6, Write);
        Driver.Describe(0, QueueBench.Data, 5, Next, 1);
        Driver.Describe(1, QueueBench.Table, 16, Indirect);
        Driver.MakeAvailable(0);
        Assert.Equal(ChainStatus.Ok, _bench.Pop());
        Assert.Equal((5UL, 6UL), (Chain.ReadableLength, Chain.WritableLength));
    }

    [Theory, Trait("Row", "22")]
    [InlineData(0u, Indirect)]
    [InlineData(15u, Indirect)]
    [InlineData(24u, Indirect)]
    [InlineData(16u, (ushort)(Indirect | Next))]
    [InlineData(uint.MaxValue & ~15u, Indirect)]
    public void Indirect_descriptor_with_bad_length_or_next_is_reported(uint length, ushort flags)
    {
        Driver.DescribeAt(QueueBench.Table, 0, QueueBench.Data, 1, 0);
        Driver.Describe(0, QueueBench.Table, length, flags, 1);
        Driver.MakeAvailable(0);
        Assert.Equal(ChainStatus.BadIndirect, _bench.Pop());
    }

    [Fact, Trait("Row", "22")]
    public void Nested_indirect_table_is_reported()
    {
        Driver.DescribeAt(QueueBench.Table, 0, QueueBench.Table + 0x100, 16, Indirect);
        Driver.Describe(0, QueueBench.Table, 16, Indirect);
        Driver.MakeAvailable(0);
        Assert.Equal(ChainStatus.BadIndirect, _bench.Pop());
    }

    [Fact, Trait("Row", "22")]
    public void Indirect_table_that_was_not_negotiated_is_reported()
    {
        using var bench = new QueueBench(indirect: false);
        bench.Driver.AddIndirect(QueueBench.Table, new GuestBuffer(QueueBench.Data, 5));
        Assert.Equal(ChainStatus.BadIndirect, bench.Pop());
    }

    [Theory, Trait("Row", "23")]
    [InlineData(4u)]
    [InlineData(0u)]
    public void Readable_buffer_after_a_writable_one_is_reported(uint writableLength)
    {
        Driver.Add(new(QueueBench.Data, writableLength, true), new(QueueBench.Data, 4));
        Assert.Equal(ChainStatus.ReadableAfterWritable, _bench.Pop());
    }

    [Fact, Trait("Row", "24")]
    public void Descriptors_edited_after_the_pop_change_nothing()
    {
        ushort head = Driver.Add(new(QueueBench.Data, 4), new(QueueBench.Data + 0x100, 8, true));
        _bench.Pop();
        BufferSegment[] before = [.. Chain.Readable, .. Chain.Writable];

        Driver.Describe(head, 0xdead_0000_0000, uint.MaxValue, Next, 77);
        Driver.Describe(head + 1, 0xdead_0000_0000, uint.MaxValue, 0);

        Assert.Equal(before, (BufferSegment[])[.. Chain.Readable, .. Chain.Writable]);
        Assert.Equal(8, Chain.Write(0, new byte[20]));
        _bench.Queue.AddUsed(Chain.Head, 8);
        _bench.Queue.Publish();
        Assert.Equal((head, 8u), Driver.UsedElement(0));
    }

    [Fact, Trait("Row", "24")]
    public async Task Descriptor_flipped_by_another_processor_is_seen_as_one_or_the_other()
    {
        using var stop = new CancellationTokenSource();
        Task flipper = Task.Run(() =>
        {
            for (uint i = 0; !stop.IsCancellationRequested; i++)
                Driver.Describe(0, QueueBench.Data, (i & 1) == 0 ? 16 : uint.MaxValue, 0);
        }, TestContext.Current.CancellationToken);
        for (int i = 0; i < 20_000; i++)
        {
            Driver.MakeAvailable(0);
            ChainStatus status = _bench.Pop();
            bool consistent = status == ChainStatus.OutOfRange
                || (status == ChainStatus.Ok && Chain.ReadableLength is 0 or 16);
            Assert.True(consistent, $"{status}, {Chain.ReadableLength}");
            foreach (ref readonly BufferSegment segment in Chain.Readable)
                Assert.True(segment.Length <= QueueBench.RamSize - QueueBench.Data);
            _bench.Queue.AddUsed(0, 0);
            _bench.Queue.Publish();
        }
        await stop.CancelAsync();
        await flipper;
    }

    [Fact, Trait("Row", "26")]
    public void Same_head_twice_in_flight_is_reported_and_free_again_when_completed()
    {
        ushort head = Driver.Add(new GuestBuffer(QueueBench.Data, 4));
        Driver.MakeAvailable(head);
        Assert.Equal(ChainStatus.Ok, _bench.Pop());
        Assert.Equal(ChainStatus.HeadInFlight, _bench.Pop());

        _bench.Queue.AddUsed(head, 0);
        Assert.Equal(ChainStatus.Ok, _bench.Pop());
        Assert.Equal(1, _bench.Queue.InFlight);
    }
}
