using Vmm.Devices.Virtio.RateLimiting;
using Xunit;
using static Vmm.Devices.Virtio.Spec.BlockDevice;

namespace Vmm.Tests.Devices.Virtio.Block;

/// <summary>A disk that is held to a limit.</summary>
public sealed class VirtioBlkLimitTests
{
    private const long Millisecond = 1_000_000;
    private const int MiB = 1 << 20;

    private static readonly RateLimit s_fiveAnHour = new(null, new BucketLimit(5, 3600_000 * Millisecond));

    [Fact]
    public void Request_beyond_the_limit_stays_in_the_drivers_queue_until_its_time()
    {
        using BlkRig rig = new(limit: new RateLimit(null, new BucketLimit(2, 20 * Millisecond)));
        for (int i = 0; i < 5; i++)
            rig.Push(0, VIRTIO_BLK_T_IN, 0, 512);
        rig.Rig.Kick(0);
        Assert.Equal(2, rig.Returned(0));
        Assert.Equal(0, rig.Rig.Core.Queue(0).InFlight);
        Assert.True(rig.Device.Throttled > 0);
        rig.Rig.Doorbells.Pass(TimeSpan.FromMilliseconds(10.1));
        Assert.Equal(1, rig.Returned(0));
        rig.Rig.Doorbells.Pass(TimeSpan.FromMilliseconds(20.1));
        Assert.Equal(2, rig.Returned(0));
        Assert.Null(rig.Rig.Doorbells.NextWakeup);
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(65536)]
    public void Bandwidth_of_a_greedy_driver_on_all_queues_together_is_within_5_percent(int length)
    {
        using BlkRig rig = new(limit: new RateLimit(new BucketLimit(MiB, 20 * Millisecond), null));
        for (int queue = 0; queue < 4; queue++)
            Feed(rig, queue, 16, length);
        for (int step = 0; step < 2000; step++)
        {
            rig.Rig.Doorbells.Pass(TimeSpan.FromMilliseconds(1));
            for (int queue = 0; queue < 4; queue++)
                Feed(rig, queue, rig.Returned(queue), length);
        }
        double asked = 2.0 * 50 * MiB;
        Assert.InRange(rig.Device.Counters.WrittenBytes, asked * 0.95, asked * 1.05);
    }

    [Fact]
    public void Request_larger_than_the_bucket_does_not_stall()
    {
        using BlkRig rig = new(limit: new RateLimit(new BucketLimit(4096, 20 * Millisecond), null));
        Feed(rig, 0, 4, 65536);
        rig.Rig.Doorbells.Pass(TimeSpan.FromSeconds(1.1));
        Assert.Equal(4, rig.Returned(0));
    }

    [Fact]
    [Trait("Row", "29")]
    public void Reset_never_waits_for_a_limit()
    {
        using BlkRig rig = new(limit: s_fiveAnHour);
        Feed(rig, 0, 10, 512);
        Assert.Equal(5, rig.Returned(0));
        Assert.NotNull(rig.Rig.Doorbells.NextWakeup);
        rig.Rig.Core.WriteStatus(0, waitForReset: true);
        Assert.Equal(0, rig.Rig.Core.Status);
        Assert.Null(rig.Rig.Doorbells.NextWakeup);
    }

    [Fact]
    public void Pause_never_waits_for_a_limit_and_nothing_is_lost_by_it()
    {
        using BlkRig rig = new(limit: s_fiveAnHour);
        Feed(rig, 0, 10, 512);
        rig.Rig.Core.Quiesce();
        rig.Rig.Doorbells.Pass(TimeSpan.FromHours(3));
        Assert.Equal(5, rig.Returned(0));
        rig.Rig.Core.Resume();
        rig.Rig.Doorbells.Run();
        Assert.Equal(5, rig.Returned(0));
        Assert.Equal(10, rig.Device.Counters.Writes);
    }

    [Fact]
    public void Limit_that_is_lifted_lets_what_waits_go_on_at_once()
    {
        using BlkRig rig = new(limit: s_fiveAnHour);
        Feed(rig, 1, 10, 512);
        Assert.Equal(5, rig.Returned(1));
        rig.Device.Limit = default;
        rig.Rig.Doorbells.Run();
        Assert.Equal(5, rig.Returned(1));
    }

    [Fact]
    public void Limit_can_be_put_on_a_disk_that_runs()
    {
        using BlkRig rig = new();
        Feed(rig, 0, 10, 512);
        Assert.Equal(10, rig.Returned(0));
        rig.Device.Limit = s_fiveAnHour;
        Feed(rig, 0, 10, 512);
        Assert.Equal(5, rig.Returned(0));
    }

    [Fact]
    public void Guest_that_rings_for_ever_gets_no_more_than_its_share()
    {
        using BlkRig rig = new(limit: s_fiveAnHour);
        Feed(rig, 0, 10, 512);
        for (int i = 0; i < 1000; i++)
            rig.Rig.Kick(0);
        Assert.Equal(5, rig.Returned(0));
    }

    [Fact]
    public void What_the_device_answers_itself_costs_nothing()
    {
        using BlkRig rig = new(limit: new RateLimit(null, new BucketLimit(1, 3600_000 * Millisecond)));
        for (int i = 0; i < 4; i++)
            rig.Push(0, VIRTIO_BLK_T_GET_ID, 0, 0);
        rig.Rig.Kick(0);
        Assert.Equal(4, rig.Returned(0));
    }

    private static void Feed(BlkRig rig, int queue, int count, int length)
    {
        for (int i = 0; i < count; i++)
            rig.Push(queue, VIRTIO_BLK_T_OUT, 0, (uint)length);
        if (count > 0)
            rig.Rig.Kick((uint)queue);
    }
}
