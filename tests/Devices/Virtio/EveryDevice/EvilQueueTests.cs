using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

/// <summary>A driver that breaks the rules of virtqueues, against every type of device: rows 12 to 26 of hostile input.</summary>
public sealed class EvilQueueTests
{
    private const ushort Next = DriverQueue.Next, Write = DriverQueue.Write, Indirect = DriverQueue.Indirect;
    private const ulong Table = EvilRig.Buffers, Data = EvilRig.Buffers + 0x8000;

    public static TheoryData<string, TransportKind> Cases => DeviceSubjects.Cases;

    [Theory, MemberData(nameof(Cases)), Trait("Row", "12")]
    public void Impossible_queue_size_needs_a_reset(string device, TransportKind kind)
    {
        foreach (uint size in (uint[])[0, 3, 15, 0xFFFF])
            AssertRingsAreRefused(device, kind, (_, driver) => driver.QueueSize = size);
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "13")]
    public void Rings_that_are_misaligned_or_not_in_RAM_need_a_reset(string device, TransportKind kind)
    {
        AssertRingsAreRefused(device, kind, (rings, driver) => driver.DescriptorsAddress = rings.Descriptors + 8);
        AssertRingsAreRefused(device, kind, (rings, driver) => driver.AvailAddress = rings.Avail + 1);
        AssertRingsAreRefused(device, kind, (rings, driver) => driver.UsedAddress = rings.Used + 2);
        AssertRingsAreRefused(device, kind, (_, driver) => driver.DescriptorsAddress = EvilRig.RamSize - 16);
        AssertRingsAreRefused(device, kind, (_, driver) => driver.AvailAddress = ulong.MaxValue - 1);
        AssertRingsAreRefused(device, kind, (_, driver) => driver.UsedAddress = MmioDriver.Address);
        AssertRingsAreRefused(device, kind, (_, driver) => driver.UsedAddress = EvilRig.Seam - 8);
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "14")]
    public void Available_index_ahead_by_more_than_the_size_needs_a_reset(string device, TransportKind kind)
    {
        AssertNeedsReset(device, kind, rings => rings.AvailIndex = (ushort)(rings.Size + 1));
        AssertNeedsReset(device, kind, rings => rings.AvailIndex = 0xFFFF);
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "15")]
    public void Head_beyond_the_table_needs_a_reset(string device, TransportKind kind)
    {
        AssertNeedsReset(device, kind, rings => rings.MakeAvailable(rings.Size));
        AssertNeedsReset(device, kind, rings => rings.MakeAvailable(0xFFFF));
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "16")]
    public void Next_beyond_the_table_needs_a_reset(string device, TransportKind kind) => AssertNeedsReset(device, kind, rings =>
    {
        rings.Describe(0, Data, 16, Next, rings.Size);
        rings.MakeAvailable(0);
    });

    [Theory, MemberData(nameof(Cases)), Trait("Row", "17")]
    public void Cycle_needs_a_reset(string device, TransportKind kind)
    {
        AssertNeedsReset(device, kind, rings =>
        {
            rings.Describe(0, Data, 16, Next, 1);
            rings.Describe(1, Data, 16, Next, 0);
            rings.MakeAvailable(0);
        });
        AssertNeedsReset(device, kind, rings =>
        {
            rings.DescribeAt(Table, 0, Data, 0, Next | Write, 0);
            rings.Describe(0, Table, 16, Indirect);
            rings.MakeAvailable(0);
        });
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "18")]
    public void Chain_of_more_than_4_GiB_needs_a_reset(string device, TransportKind kind) => AssertNeedsReset(device, kind, rings =>
    {
        const int count = (int)((1UL << 32) / EvilRig.Seam) + 1;
        const ulong table = EvilRig.Seam;
        for (int i = 0; i < count; i++)
            rings.DescribeAt(table, i, 0, (uint)EvilRig.Seam, Next | Write, (ushort)(i + 1));
        rings.DescribeAt(table, count, 0, (uint)EvilRig.Seam, Write);
        rings.Describe(0, table, 16 * (count + 1), Indirect);
        rings.MakeAvailable(0);
    });

    [Theory, MemberData(nameof(Cases)), Trait("Row", "19")]
    public void Chain_without_a_byte_is_completed_or_needs_a_reset(string device, TransportKind kind)
    {
        foreach (ushort flags in (ushort[])[0, Write])
        {
            AssertCompletedOrReset(device, kind, rings =>
            {
                rings.Describe(0, Data, 0, flags);
                rings.MakeAvailable(0);
            });
        }
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "20")]
    public void Buffer_of_almost_4_GiB_is_not_allocated(string device, TransportKind kind)
    {
        foreach (ushort flags in (ushort[])[0, Write])
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            AssertCompletedOrReset(device, kind, rings =>
            {
                rings.Describe(0, Data, uint.MaxValue, flags);
                rings.MakeAvailable(0);
            });
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
        }
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "21")]
    public void Buffer_that_leaves_RAM_is_completed_or_needs_a_reset(string device, TransportKind kind)
    {
        foreach (ulong address in (ulong[])[EvilRig.RamSize - 8, EvilRig.RamSize, ulong.MaxValue - 15, ulong.MaxValue, MmioDriver.Address])
        {
            foreach (ushort flags in (ushort[])[0, Write])
            {
                AssertCompletedOrReset(device, kind, rings =>
                {
                    rings.Describe(0, address, 32, flags);
                    rings.MakeAvailable(0);
                });
            }
        }
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "21")]
    public void Buffers_across_two_regions_are_split_rightly(string device, TransportKind kind)
    {
        using EvilRig rig = new EvilRig(device, kind).Start();
        rig.Subject.AssertWorks(rig, EvilRig.AcrossTheSeam);
        Assert.True(rig.Ram.GuardsAreIntact);
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "22")]
    public void Bad_indirect_descriptor_needs_a_reset(string device, TransportKind kind)
    {
        foreach ((uint length, ushort flags) in ((uint, ushort)[])[(16, Indirect | Next), (0, Indirect), (8, Indirect), (17, Indirect), (uint.MaxValue - 15, Indirect)])
        {
            AssertNeedsReset(device, kind, rings =>
            {
                rings.DescribeAt(Table, 0, Data, 16, 0);
                rings.Describe(0, Table, length, flags, 1);
                rings.MakeAvailable(0);
            });
        }
        AssertNeedsReset(device, kind, rings =>
        {
            rings.DescribeAt(Table, 0, Table, 16, Indirect);
            rings.Describe(0, Table, 16, Indirect);
            rings.MakeAvailable(0);
        });
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "22")]
    public void Indirect_descriptor_that_was_not_negotiated_needs_a_reset(string device, TransportKind kind) => AssertNeedsReset(device, kind, rings =>
    {
        rings.DescribeAt(Table, 0, Data, 16, 0);
        rings.Describe(0, Table, 16, Indirect);
        rings.MakeAvailable(0);
    }, without: GuestDriver.IndirectDescriptors);

    [Theory, MemberData(nameof(Cases)), Trait("Row", "23")]
    public void Readable_buffer_after_a_writable_one_needs_a_reset(string device, TransportKind kind) => AssertNeedsReset(device, kind, rings =>
        rings.Add(new(Data, 16), new(Data + 16, 16, true), new(Data + 32, 16)));

    [Theory, MemberData(nameof(Cases)), Trait("Row", "24")]
    public async Task Descriptors_that_another_processor_edits_lead_nowhere(string device, TransportKind kind)
    {
        using EvilRig rig = new EvilRig(device, kind).Start();
        using var stop = new CancellationTokenSource();
        Task editor = Task.Run(() => Edit(rig, stop.Token), TestContext.Current.CancellationToken);
        for (int turn = 0; turn < 400; turn++)
        {
            DriverQueue rings = rig.Queues[turn % rig.Queues.Count];
            rings.MakeAvailable((ushort)(turn / rig.Queues.Count % 4));
            rig.Turn(turn % rig.Queues.Count);
            if (!rig.NeedsReset)
                continue;
            rig.Driver.Status = 0;
            rig.Ram.Bytes(0, (int)EvilRig.Buffers).Clear();
            rig.Start();
        }
        await stop.CancelAsync();
        await editor;
        rig.AssertRecovers();
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "25")]
    public void Used_ring_over_the_other_parts_harms_only_the_guest(string device, TransportKind kind)
    {
        using var rig = new EvilRig(device, kind);
        Assert.True(rig.Driver.Negotiate(rig.AllFeatures));
        for (int i = 0; i < rig.Queues.Count; i++)
        {
            rig.Queues[i].Avail = rig.Queues[i].Used = rig.Queues[i].Descriptors;
            rig.Driver.SetUp((uint)i, rig.Queues[i]);
        }
        rig.Driver.Status = GuestDriver.DriverOk;
        for (int turn = 0; turn < 100; turn++)
        {
            rig.Queues[turn % rig.Queues.Count].Add(new GuestBuffer(Data, 16, turn % 2 == 0));
            rig.Turn(turn % rig.Queues.Count);
        }
        rig.AssertRecovers();
    }

    [Theory, MemberData(nameof(Cases)), Trait("Row", "26")]
    public void Same_head_twice_is_completed_once_each_or_needs_a_reset(string device, TransportKind kind)
    {
        ForEachQueue(device, kind, (rig, queue) =>
        {
            rig.Queues[queue].Add(new GuestBuffer(Data, 512, true));
            rig.Queues[queue].MakeAvailable(0);
            rig.Turn(queue);
            Assert.True(rig.NeedsReset || rig.Queues[queue].UsedIndex <= 2);
        });
    }

    private static void Edit(EvilRig rig, CancellationToken stop)
    {
        var random = new Random(7);
        while (!stop.IsCancellationRequested)
        {
            DriverQueue rings = rig.Queues[random.Next(rig.Queues.Count)];
            int index = random.Next(4);
            ulong address = random.Next(4) switch { 0 => Data, 1 => EvilRig.RamSize - 4, 2 => ulong.MaxValue - 3, _ => Table };
            uint length = random.Next(4) switch { 0 => 16, 1 => 600, 2 => 0, _ => uint.MaxValue };
            rings.Describe(index, address, length, (ushort)random.Next(8), (ushort)random.Next(20));
            rings.DescribeAt(Table, index, address, length, (ushort)random.Next(8), (ushort)random.Next(20));
        }
    }

    /// <summary>On each queue in turn, with a device of its own: lets a test do its evil, then sees to it that a reset helps.</summary>
    private static void ForEachQueue(string device, TransportKind kind, Action<EvilRig, int> evil, ulong without = 0)
    {
        for (int queue = 0; ; queue++)
        {
            using var rig = new EvilRig(device, kind);
            if (queue == rig.Queues.Count)
                return;
            rig.Start(rig.AllFeatures & ~without);
            evil(rig, queue);
            rig.AssertRecovers();
        }
    }

    private static void AssertNeedsReset(string device, TransportKind kind, Action<DriverQueue> evil, ulong without = 0) => ForEachQueue(device, kind, (rig, queue) =>
    {
        evil(rig.Queues[queue]);
        rig.Turn(queue);
        if (!rig.Subject.Takes(queue))
            return;
        Assert.True(rig.NeedsReset, $"queue {queue}");
        Assert.Equal(1, rig.Driver.ConfigInterrupts);
        Assert.Equal(0, rig.Queues[queue].UsedIndex);
    }, without);

    private static void AssertCompletedOrReset(string device, TransportKind kind, Action<DriverQueue> evil) => ForEachQueue(device, kind, (rig, queue) =>
    {
        evil(rig.Queues[queue]);
        rig.Turn(queue);
        if (rig.Subject.Takes(queue))
            Assert.True(rig.NeedsReset || rig.Queues[queue].UsedIndex == 1, $"queue {queue} stands still");
    });

    private static void AssertRingsAreRefused(string device, TransportKind kind, Action<DriverQueue, GuestDriver> evil)
    {
        using var rig = new EvilRig(device, kind);
        for (int queue = 0; queue < rig.Queues.Count; queue++)
        {
            Assert.True(rig.Driver.Negotiate(rig.AllFeatures));
            DriverQueue rings = rig.Queues[queue];
            rig.Driver.SelectQueue((uint)queue);
            rig.Driver.QueueSize = rings.Size;
            (rig.Driver.DescriptorsAddress, rig.Driver.AvailAddress, rig.Driver.UsedAddress) = (rings.Descriptors, rings.Avail, rings.Used);
            evil(rings, rig.Driver);
            rig.Driver.QueueEnabled = true;
            rig.Driver.Status = GuestDriver.DriverOk;
            Assert.True(rig.NeedsReset, $"queue {queue}");
            Assert.Equal(queue + 1, rig.Driver.ConfigInterrupts);
            rig.Turn(queue);
            rig.Driver.Status = 0;
            Assert.Equal(0, rig.Driver.Status);
        }
        rig.AssertRecovers();
    }
}
