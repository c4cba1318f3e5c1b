namespace Vmm.Devices.Virtio.RateLimiting;

/// <summary>A token bucket that counts exactly: no rounding, however often it is asked. Time is what its caller says.</summary>
/// <remarks>
/// The level is held in tokens times nanoseconds, of which each nanosecond brings <see cref="BucketLimit.Size"/>. What
/// costs more than a full bucket is let through by a full one, which then owes the rest: nothing stalls for ever, and
/// the rate still holds. A bucket that somebody waits for does not run over while he is a little late, or small
/// buckets would lose to the grain of timers.
/// </remarks>
internal struct TokenBucket
{
    /// <summary>10 ms in nanoseconds: how late a wake-up may be without loss.</summary>
    private const long Lateness = 10_000_000;

    private readonly ulong _perNanosecond;
    private readonly long _perToken;
    private readonly Int128 _capacity;
    private Int128 _level;
    private ulong _burst;
    private long _last;
    private bool _isAwaited;

    /// <summary>Makes a full bucket.</summary>
    public TokenBucket(in BucketLimit limit, long now)
    {
        _perNanosecond = limit.Size;
        _perToken = limit.RefillNanoseconds;
        _capacity = (Int128)limit.Size * limit.RefillNanoseconds;
        _level = _capacity;
        _burst = limit.OneTimeBurst;
        _last = now;
    }

    /// <summary>How long until so many tokens may be taken, in nanoseconds; 0 for now.</summary>
    public long Wait(ulong tokens, long now)
    {
        Refill(now);
        if (tokens <= _burst)
            return 0;
        Int128 needed = Int128.Min((Int128)(tokens - _burst) * _perToken, _capacity);
        if (_level >= needed)
            return 0;
        _isAwaited = true;
        Int128 wait = (needed - _level + (_perNanosecond - 1)) / _perNanosecond;
        return (long)Int128.Min(wait, long.MaxValue);
    }

    /// <summary>Takes them, after <see cref="Wait"/> gave 0.</summary>
    public void Take(ulong tokens)
    {
        ulong fromBurst = Math.Min(tokens, _burst);
        _burst -= fromBurst;
        _level -= (Int128)(tokens - fromBurst) * _perToken;
        _isAwaited = false;
    }

    private void Refill(long now)
    {
        long elapsed = Math.Min(now - _last, BucketLimit.LongestRefill);
        if (elapsed <= 0)
            return;
        _last = now;
        Int128 most = _isAwaited ? _capacity + Int128.Min(_capacity, (Int128)_perNanosecond * Lateness) : _capacity;
        if (_level < most)
            _level = Int128.Min(_level + (Int128)elapsed * _perNanosecond, most);
    }
}
