using Vmm.Devices.Virtio.RateLimiting;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.RateLimiting;

/// <summary>Token buckets, by a clock that the tests wind.</summary>
public sealed class RateLimiterTests
{
    private const long Millisecond = 1_000_000;
    private const ulong MiB = 1 << 20;

    private readonly ManualClock _clock = new();

    [Fact]
    public void Limiter_without_a_limit_lets_everything_pass()
    {
        RateLimiter limiter = new(_clock);
        for (int i = 0; i < 1000; i++)
            Assert.True(limiter.TryTake(ulong.MaxValue, out _));
        Assert.Equal(0, limiter.Throttled);
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(512)]
    [InlineData(65536)]
    [InlineData(1 << 20)]
    [InlineData(5 << 20)]
    public void Bandwidth_holds_within_5_percent_over_ten_seconds(int request)
    {
        RateLimiter limiter = Limited(bandwidth: new BucketLimit(MiB, 20 * Millisecond));
        ulong moved = Greedy(limiter, (ulong)request, TimeSpan.FromSeconds(10), TimeSpan.Zero);
        Assert.InRange(moved, 500 * MiB * 95 / 100, 500 * MiB * 105 / 100);
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(65536)]
    [InlineData(1 << 20)]
    public void Bandwidth_holds_within_5_percent_when_every_wake_up_is_late(int request)
    {
        RateLimiter limiter = Limited(bandwidth: new BucketLimit(MiB / 10, 20 * Millisecond));
        ulong moved = Greedy(limiter, (ulong)request, TimeSpan.FromSeconds(60), late: TimeSpan.FromMilliseconds(3));
        Assert.InRange(moved, 300 * MiB * 95 / 100, 300 * MiB * 105 / 100);
    }

    [Fact]
    public void Bandwidth_holds_within_5_percent_in_the_very_first_second()
    {
        RateLimiter limiter = Limited(bandwidth: new BucketLimit(MiB, 20 * Millisecond));
        ulong moved = Greedy(limiter, 4096, TimeSpan.FromSeconds(1), TimeSpan.Zero);
        Assert.InRange(moved, 50 * MiB * 95 / 100, 50 * MiB * 105 / 100);
    }

    [Theory]
    [InlineData(1, 20)]
    [InlineData(20, 20)]
    [InlineData(3, 100)]
    public void Operations_hold_within_5_percent(int size, int milliseconds)
    {
        RateLimiter limiter = Limited(operations: new BucketLimit((ulong)size, milliseconds * Millisecond));
        ulong done = Greedy(limiter, 1, TimeSpan.FromSeconds(10), late: TimeSpan.FromMilliseconds(2));
        double asked = size * 10_000.0 / milliseconds;
        Assert.InRange(done, asked * 0.95, asked * 1.05);
    }

    [Fact]
    public void Request_larger_than_the_bucket_passes_and_those_behind_it_pay()
    {
        RateLimiter limiter = Limited(bandwidth: new BucketLimit(MiB, 1000 * Millisecond));
        Assert.True(limiter.TryTake(4 * MiB, out _));
        Assert.False(limiter.TryTake(512, out TimeSpan wait));
        Assert.InRange(wait.TotalSeconds, 3.0, 3.01);
        _clock.Advance(wait);
        Assert.True(limiter.TryTake(512, out _));
    }

    [Fact]
    public void Refusal_takes_nothing_and_names_the_time_when_enough_is_there()
    {
        RateLimiter limiter = Limited(bandwidth: new BucketLimit(1000, 1000 * Millisecond), operations: new BucketLimit(2, 100 * Millisecond));
        Assert.True(limiter.TryTake(900, out _));
        Assert.False(limiter.TryTake(200, out TimeSpan wait));
        Assert.InRange(wait.TotalMilliseconds, 100, 100.01);
        Assert.True(limiter.TryTake(100, out _));
        Assert.False(limiter.TryTake(0, out wait));
        Assert.InRange(wait.TotalMilliseconds, 50, 50.01);
        Assert.Equal(2, limiter.Throttled);
    }

    [Fact]
    public void One_time_burst_is_spent_first_and_never_comes_back()
    {
        RateLimiter limiter = Limited(operations: new BucketLimit(10, 1000 * Millisecond, OneTimeBurst: 50));
        Assert.Equal(60, TakeAll(limiter));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(10, TakeAll(limiter));
    }

    [Fact]
    public void Idle_bucket_saves_up_no_more_than_its_size()
    {
        RateLimiter limiter = Limited(operations: new BucketLimit(10, 1000 * Millisecond));
        _clock.Advance(TimeSpan.FromDays(400));
        Assert.Equal(10, TakeAll(limiter));
    }

    [Fact]
    public void Limit_can_be_changed_and_lifted_at_any_time()
    {
        RateLimiter limiter = Limited(operations: new BucketLimit(1, BucketLimit.LongestRefill));
        Assert.Equal(1, TakeAll(limiter));
        limiter.Limit = new RateLimit(null, new BucketLimit(5, Millisecond));
        Assert.Equal(5, TakeAll(limiter));
        limiter.Limit = default;
        Assert.True(limiter.TryTake(ulong.MaxValue, out _));
        Assert.False(limiter.Limit.IsLimited);
    }

    [Fact]
    public void Largest_measures_do_not_overflow()
    {
        RateLimiter limiter = Limited(bandwidth: new BucketLimit(ulong.MaxValue, BucketLimit.LongestRefill, ulong.MaxValue), operations: new BucketLimit(1, 1));
        for (int i = 0; i < 4; i++)
        {
            limiter.TryTake(ulong.MaxValue, out TimeSpan wait);
            Assert.True(wait >= TimeSpan.Zero);
            _clock.Advance(TimeSpan.FromDays(20));
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(1, -1)]
    [InlineData(1, long.MaxValue)]
    public void Bucket_that_cannot_be_is_refused(ulong size, long refill) =>
        Assert.Throws<ArgumentException>(() => new RateLimiter(_clock).Limit = new RateLimit(new BucketLimit(size, refill), null));

    [Fact]
    public void Limiter_allocates_nothing()
    {
        RateLimiter limiter = Limited(bandwidth: new BucketLimit(MiB, 20 * Millisecond), operations: new BucketLimit(100, 20 * Millisecond));
        limiter.TryTake(4096, out _);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 1000; i++)
                limiter.TryTake(4096, out _);
        }));
    }

    private RateLimiter Limited(BucketLimit? bandwidth = null, BucketLimit? operations = null) =>
        new(_clock) { Limit = new RateLimit(bandwidth, operations) };

    /// <summary>What a device moves that always has more to do, and comes again when it is told to, or somewhat later.</summary>
    private ulong Greedy(RateLimiter limiter, ulong request, TimeSpan time, TimeSpan late)
    {
        ulong moved = 0;
        TimeSpan end = _clock.Elapsed + time;
        while (_clock.Elapsed < end)
        {
            if (limiter.TryTake(request, out TimeSpan wait))
                moved += request;
            else
                _clock.Advance(wait + late);
        }
        return moved;
    }

    private static int TakeAll(RateLimiter limiter)
    {
        int count = 0;
        while (limiter.TryTake(1, out _))
            count++;
        return count;
    }
}
