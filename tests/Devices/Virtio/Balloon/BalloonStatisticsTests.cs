using Vmm.Devices.Virtio.Balloon;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.Balloon;

/// <summary>The statistics queue, which works the other way round.</summary>
public sealed class BalloonStatisticsTests
{
    private static DriverQueue Queue(BalloonRig rig) => rig.Rig.Queues[BalloonDevice.StatisticsQueue];

    [Fact]
    public void Buffer_is_kept_until_statistics_are_asked_for()
    {
        using BalloonRig rig = new BalloonRig().Start();
        int told = 0;
        rig.Device.StatisticsTold = () => told++;
        rig.Tell(new BalloonRig.Told(BalloonDevice.VIRTIO_BALLOON_S_MEMFREE, 1000), new BalloonRig.Told(BalloonDevice.VIRTIO_BALLOON_S_AVAIL, 2000), new BalloonRig.Told(BalloonDevice.VIRTIO_BALLOON_S_MAJFLT, 3));
        Assert.Equal((0, 1L, 1), (Queue(rig).UsedIndex, rig.Device.Status.Updates, told));
        GuestMemoryStatistics guest = rig.Device.Status.Statistics;
        Assert.Equal(new GuestMemoryStatistics { FreeBytes = 1000, AvailableBytes = 2000, MajorFaults = 3 }, guest);

        rig.Device.RequestStatistics();
        Assert.Equal(1, Queue(rig).UsedIndex);
        rig.Device.RequestStatistics();
        Assert.Equal(1, Queue(rig).UsedIndex);
        rig.Tell(BalloonDevice.VIRTIO_BALLOON_S_MEMFREE, 1);
        Assert.Equal(1UL, rig.Device.Status.Statistics.FreeBytes);
        Assert.Equal(2, rig.Device.Status.Updates);
    }

    [Fact]
    public void Guest_is_asked_at_the_interval()
    {
        using BalloonRig rig = new(options: new BalloonOptions { StatisticsInterval = TimeSpan.FromSeconds(5) });
        rig.Start();
        rig.Tell(BalloonDevice.VIRTIO_BALLOON_S_MEMTOT, 1);
        for (int round = 1; round <= 3; round++)
        {
            rig.Rig.Doorbells.Pass(TimeSpan.FromSeconds(4.9));
            Assert.Equal(round - 1, Queue(rig).UsedIndex);
            rig.Rig.Doorbells.Pass(TimeSpan.FromSeconds(0.1));
            Assert.Equal(round, Queue(rig).UsedIndex);
            rig.Tell(BalloonDevice.VIRTIO_BALLOON_S_MEMTOT, 1);
        }
        // A guest that does not answer is not asked twice, and nothing stops.
        rig.Rig.Doorbells.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(4, Queue(rig).UsedIndex);
        rig.Tell(BalloonDevice.VIRTIO_BALLOON_S_MEMTOT, 1);
        rig.Rig.Doorbells.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(5, Queue(rig).UsedIndex);
    }

    [Fact]
    public void Nothing_is_timed_without_an_interval_or_after_a_reset()
    {
        using BalloonRig silent = new BalloonRig().Start();
        Assert.Null(silent.Rig.Doorbells.NextWakeup);
        using BalloonRig rig = new(options: new BalloonOptions { StatisticsInterval = TimeSpan.FromSeconds(5) });
        rig.Start();
        Assert.NotNull(rig.Rig.Doorbells.NextWakeup);
        rig.Rig.Driver.Status = 0;
        Assert.Null(rig.Rig.Doorbells.NextWakeup);
    }

    [Fact]
    public void Kept_buffer_holds_up_neither_a_reset_nor_a_rest()
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.Tell(BalloonDevice.VIRTIO_BALLOON_S_MEMFREE, 7);
        rig.Rig.Core.Quiesce();
        Assert.Equal(0, Queue(rig).UsedIndex);
        rig.Rig.Core.Resume();
        rig.Rig.Doorbells.Run();
        // It is kept again, and was not read twice.
        Assert.Equal((0, 1L), (Queue(rig).UsedIndex, rig.Device.Status.Updates));
        rig.Device.RequestStatistics();
        Assert.Equal(1, Queue(rig).UsedIndex);
        // The driver fills it again, and all goes on.
        rig.Tell(BalloonDevice.VIRTIO_BALLOON_S_MEMFREE, 8);
        Assert.Equal(8UL, rig.Device.Status.Statistics.FreeBytes);
        rig.Rig.Driver.Status = 0;
        Assert.Equal(0, rig.Rig.Driver.Status);
        Assert.Equal(0, rig.Device.Status.Updates);
        Assert.Null(rig.Device.Status.Statistics.FreeBytes);
    }

    [Fact, Trait("Row", "42")]
    public void Second_buffer_takes_the_first_one_s_place()
    {
        using BalloonRig rig = new BalloonRig().Start();
        for (ulong i = 1; i <= 300; i++)
            rig.Tell(BalloonDevice.VIRTIO_BALLOON_S_MEMFREE, i);
        Assert.Equal(299, Queue(rig).UsedIndex);
        Assert.Equal(300UL, rig.Device.Status.Statistics.FreeBytes);
        rig.Device.RequestStatistics();
        Assert.Equal(300, Queue(rig).UsedIndex);
        Assert.False(rig.Rig.NeedsReset);
    }

    [Fact, Trait("Row", "42")]
    public void Unknown_tags_odd_lengths_and_endless_lists_do_no_harm()
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.Tell(new BalloonRig.Told(999, 1), new BalloonRig.Told(BalloonDevice.VIRTIO_BALLOON_S_CACHES, ulong.MaxValue), new BalloonRig.Told(BalloonDevice.VIRTIO_BALLOON_S_CACHES, 5));
        Assert.Equal(5UL, rig.Device.Status.Statistics.CacheBytes);
        rig.Send(BalloonDevice.StatisticsQueue, new byte[7]);
        Assert.Equal(1, rig.Counters.OddBuffers);
        Assert.Equal(default, rig.Device.Status.Statistics);
        rig.Send(BalloonDevice.StatisticsQueue, new byte[100_000]);
        rig.Send(BalloonDevice.StatisticsQueue, default);
        Assert.Equal(4, rig.Device.Status.Updates);
        Assert.False(rig.Rig.NeedsReset);
    }

    [Fact, Trait("Row", "42")]
    public void Statistics_outside_RAM_stop_the_device_until_a_reset()
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.Tell(BalloonDevice.VIRTIO_BALLOON_S_MEMFREE, 7);
        Queue(rig).Add(new GuestBuffer(BalloonRig.RamSize, 10));
        rig.Rig.Kick(BalloonDevice.StatisticsQueue);
        Assert.True(rig.Rig.NeedsReset);
        rig.Rig.Driver.Status = 0;
        Assert.Equal(0, rig.Rig.Driver.Status);
        foreach (DriverQueue queue in rig.Rig.Queues)
            rig.Rig.Ram.Bytes(queue.Descriptors, (int)(queue.End - queue.Descriptors)).Clear();
        rig.Start();
        rig.Tell(BalloonDevice.VIRTIO_BALLOON_S_MEMFREE, 9);
        Assert.Equal(9UL, rig.Device.Status.Statistics.FreeBytes);
    }
}
