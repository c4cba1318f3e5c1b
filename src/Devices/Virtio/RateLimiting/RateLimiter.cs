namespace Vmm.Devices.Virtio.RateLimiting;

/// <summary>
/// Holds a device to a <see cref="RateLimit"/>: a bucket for bytes and one for operations, and what is done needs tokens
/// of both. Safe on any thread; allocates nothing.
/// </summary>
/// <remarks>
/// A device asks before it takes work. Refused, it leaves the work where it is (<see cref="Queue.Virtqueue.PutBack(Queue.DescriptorChain)"/>) and
/// comes again when the limiter said (<see cref="VirtioDeviceCore.ProcessAfter"/>). So nothing is held that a reset or a
/// pause would have to wait for.
/// </remarks>
/// <param name="clock">Its time stamps are the time.</param>
public sealed class RateLimiter(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private RateLimit _limit;
    private TokenBucket _bandwidth;
    private TokenBucket _operations;
    private long _throttled;
    private volatile bool _isLimited;

    /// <summary>The limit in force. A new one begins with full buckets.</summary>
    /// <exception cref="ArgumentException">A bucket of it is not <see cref="BucketLimit.IsValid"/>.</exception>
    public RateLimit Limit
    {
        get
        {
            lock (_gate)
                return _limit;
        }
        set
        {
            if (value.Bandwidth is { IsValid: false } || value.Operations is { IsValid: false })
                throw new ArgumentException($"{value} is no limit", nameof(value));
            lock (_gate)
            {
                _limit = value;
                long now = Now();
                if (value.Bandwidth is { } bandwidth)
                    _bandwidth = new TokenBucket(bandwidth, now);
                if (value.Operations is { } operations)
                    _operations = new TokenBucket(operations, now);
                _isLimited = value.IsLimited;
            }
        }
    }

    /// <summary>How often something was refused.</summary>
    public long Throttled => Volatile.Read(ref _throttled);

    /// <summary>Takes the tokens for one operation.</summary>
    /// <param name="bytes">Data that it moves.</param>
    /// <param name="wait">When refused: how long until there are enough, as far as nobody else takes any. Else zero.</param>
    /// <returns>Whether it may go on now. When not, nothing was taken.</returns>
    public bool TryTake(ulong bytes, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        if (!_isLimited)
            return true;
        lock (_gate)
        {
            long now = Now();
            long nanoseconds = 0;
            if (_limit.Bandwidth is not null)
                nanoseconds = _bandwidth.Wait(bytes, now);
            if (_limit.Operations is not null)
                nanoseconds = Math.Max(nanoseconds, _operations.Wait(1, now));
            if (nanoseconds > 0)
            {
                _throttled++;
                wait = TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick + 1);
                return false;
            }
            _bandwidth.Take(_limit.Bandwidth is null ? 0 : bytes);
            _operations.Take(_limit.Operations is null ? 0UL : 1);
            return true;
        }
    }

    private long Now()
    {
        const long perSecond = 1_000_000_000;
        long frequency = clock.TimestampFrequency;
        long stamp = clock.GetTimestamp();
        return frequency == perSecond ? stamp : (long)((Int128)stamp * perSecond / frequency);
    }
}
