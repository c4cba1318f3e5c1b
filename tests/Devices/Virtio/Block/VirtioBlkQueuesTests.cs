using System.Buffers.Binary;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;
using static Vmm.Devices.Virtio.Spec.BlockDevice;

namespace Vmm.Tests.Devices.Virtio.Block;

/// <summary>A disk with several request queues. Virtio 1.2, 5.2.2.</summary>
public sealed class VirtioBlkQueuesTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(4, true)]
    public void Number_of_queues_is_in_the_configuration_and_more_than_one_is_a_feature(int queues, bool feature)
    {
        using BlkRig rig = new(queues: queues);
        Span<byte> count = stackalloc byte[2];
        rig.Rig.Driver.ReadConfig(ConfigQueueCount, count);
        Assert.Equal(queues, BinaryPrimitives.ReadUInt16LittleEndian(count));
        Assert.Equal(feature, (rig.Rig.Driver.OfferedFeatures & FeatureBits.Mask(VIRTIO_BLK_F_MQ)) != 0);
    }

    [Theory]
    [InlineData(TransportKind.Pci)]
    [InlineData(TransportKind.Mmio)]
    public void Request_comes_back_on_the_queue_that_it_came_from(TransportKind kind)
    {
        using BlkRig rig = new(kind);
        for (int queue = 0; queue < 4; queue++)
        {
            for (int i = 0; i <= queue; i++)
                rig.Push(queue, VIRTIO_BLK_T_OUT, (ulong)queue, 512);
            rig.Rig.Kick((uint)queue);
        }
        Assert.Equal([1, 2, 3, 4], Enumerable.Range(0, 4).Select(rig.Returned));
        Assert.Equal([1, 2, 3, 4], rig.Device.QueueCounters.Select(counters => (int)counters.Writes));
        Assert.Equal(10, rig.Device.Counters.Writes);
        Assert.Equal(10 * 512, rig.Device.Counters.WrittenBytes);
    }

    [Fact]
    public void Requests_of_all_queues_that_are_done_together_come_back_with_one_interrupt_a_queue()
    {
        using BlkRig rig = new(disk: new FakeDisk(2048) { IsRing = true });
        for (int queue = 0; queue < 2; queue++)
        {
            for (int i = 0; i < 8; i++)
                rig.Push(queue, VIRTIO_BLK_T_IN, (ulong)i, 512);
            rig.Rig.Kick((uint)queue);
        }
        Assert.Equal(0, rig.Returned(0) + rig.Returned(1));
        int before = rig.Rig.Driver.QueueInterrupts;
        rig.Disk.Target!.Ring();
        Assert.Equal([8, 8], new[] { rig.Returned(0), rig.Returned(1) });
        Assert.Equal(before + 2, rig.Rig.Driver.QueueInterrupts);
    }

    [Fact]
    public void Request_alone_in_its_queue_but_not_on_the_disk_may_not_use_the_event_thread()
    {
        using BlkRig rig = new(disk: new FakeDisk(2048) { Stalled = true });
        rig.Push(0, VIRTIO_BLK_T_IN, 0, 512);
        rig.Rig.Kick(0);
        rig.Push(1, VIRTIO_BLK_T_IN, 0, 512);
        rig.Rig.Kick(1);
        Assert.Equal([true, false], rig.Disk.Log.Select(entry => entry.MayBlock));
    }

    [Fact]
    public void Request_that_kept_another_queue_waiting_makes_later_ones_leave_the_event_thread()
    {
        using BlkRig rig = new(disk: new FakeDisk(2048));
        rig.Disk.OnSubmit = () =>
        {
            rig.Disk.OnSubmit = null;
            rig.Push(3, VIRTIO_BLK_T_IN, 0, 512);
        };
        rig.Push(0, VIRTIO_BLK_T_IN, 0, 512);
        rig.Rig.Kick(0);
        rig.Rig.Kick(3);
        Assert.Equal([true, false], rig.Disk.Log.Select(entry => entry.MayBlock));
    }

    [Fact]
    [Trait("Row", "29")]
    public void Reset_waits_for_what_is_in_flight_in_every_queue_and_nothing_is_written_after_it()
    {
        using BlkRig rig = new(disk: new FakeDisk(2048) { IsRing = true });
        ulong[] statuses = [rig.Push(0, VIRTIO_BLK_T_IN, 0, 512), rig.Push(3, VIRTIO_BLK_T_IN, 0, 512)];
        rig.Rig.Kick(0);
        rig.Rig.Kick(3);
        rig.Rig.Core.WriteStatus(0, waitForReset: false);
        Assert.NotEqual(0, rig.Rig.Core.Status);
        rig.Disk.Target!.Ring();
        Assert.Equal(0, rig.Rig.Core.Status);
        foreach (ulong status in statuses)
            rig.Rig.Ram.Write<byte>(status, 0xEE);
        rig.Disk.Target.Ring();
        rig.Rig.Doorbells.Run();
        Assert.All(statuses, status => Assert.Equal(0xEE, rig.StatusAt(status)));
    }

    [Theory]
    [InlineData(TransportKind.Pci)]
    [InlineData(TransportKind.Mmio)]
    [Trait("Row", "17")]
    public void Bad_chain_in_one_queue_stops_all_and_a_reset_brings_all_back(TransportKind kind)
    {
        using BlkRig rig = new(kind, disk: new FakeDisk(2048) { Stalled = true });
        rig.Push(0, VIRTIO_BLK_T_IN, 0, 512);
        rig.Rig.Kick(0);
        rig.Rig.Queues[2].Describe(0, 0, 16, DriverQueue.Next, 0);
        rig.Rig.Queues[2].MakeAvailable(0);
        rig.Rig.Kick(2);
        Assert.True(rig.Rig.NeedsReset);
        rig.Push(1, VIRTIO_BLK_T_IN, 0, 512);
        rig.Rig.Kick(1);
        Assert.Single(rig.Disk.Pending);
        rig.Disk.CompleteAll();
        rig.Rig.Core.WriteStatus(0, waitForReset: true);
        Assert.Equal(0, rig.Rig.Core.Status);
    }

    [Fact]
    [Trait("Row", "16")]
    public void Evil_driver_on_several_queues_never_throws_and_never_hangs()
    {
        Random random = new(4711);
        for (int round = 0; round < 200; round++)
        {
            using BlkRig rig = new(TransportKind.Mmio, disk: new FakeDisk(64) { IsLogging = false });
            for (int step = 0; step < 40; step++)
            {
                int queue = random.Next(4);
                DriverQueue rings = rig.Rig.Queues[queue];
                for (int i = 0; i < 6; i++)
                    rings.Describe(random.Next(BlkRig.QueueSize), (ulong)random.Next(0, 0x12_0000), (uint)random.Next(0, 4096), (ushort)random.Next(8), (ushort)random.Next(BlkRig.QueueSize + 2));
                rings.MakeAvailable((ushort)random.Next(BlkRig.QueueSize + 1));
                rig.Rig.Kick((uint)random.Next(5));
            }
            rig.Rig.Core.WriteStatus(0, waitForReset: true);
            Assert.Equal(0, rig.Rig.Core.Status);
        }
    }

    [Fact]
    public void Queues_that_the_driver_leaves_alone_are_not_used()
    {
        using BlkRig rig = new();
        rig.Rig.Core.WriteStatus(0, waitForReset: true);
        Assert.True(rig.Rig.Driver.Negotiate(Rig.DefaultFeatures));
        rig.Rig.Driver.SetUp(0, rig.Rig.Queues[0]);
        rig.Rig.Driver.Status = GuestDriver.DriverOk;
        rig.Rig.Doorbells.Run();
        rig.Rig.Core.Notify(2);
        rig.Rig.Doorbells.Run();
        Assert.False(rig.Rig.NeedsReset);
        Assert.Equal(0u, rig.Rig.Core.Queue(2).Size);
    }

    [Fact]
    public void Requests_allocate_nothing_once_warm()
    {
        using BlkRig rig = new(TransportKind.Mmio);
        VirtioDeviceCore core = rig.Rig.Core;
        void Cycle()
        {
            for (int queue = 0; queue < 4; queue++)
            {
                rig.Push(queue, VIRTIO_BLK_T_IN, 1, 4096);
                core.Doorbell(queue).Ring();
            }
        }
        for (int i = 0; i < 100; i++)
            Cycle();
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 500; i++)
                Cycle();
        }));
    }
}
