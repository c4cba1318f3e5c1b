using System.Numerics;
using System.Runtime.CompilerServices;

namespace Vmm.Machine.Exits;

/// <summary>
/// How long something took, each time: a distribution in fixed memory (2 KiB). Eight buckets for each doubling from 64 ns to
/// a minute, so that a quantile is wrong by at most an eighth. One thread writes, in a few nanoseconds; any thread may
/// read, and sees figures that may differ by what is being written.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int ShortestBits = 6;
    private const int LongestBits = 36;
    private const int StepBits = 3;
    private const int Steps = 1 << StepBits;

    /// <summary>The longest time that belongs in the first bucket, in nanoseconds.</summary>
    public const long Shortest = 1L << ShortestBits;

    /// <summary>What takes longer, in nanoseconds, is in the last bucket.</summary>
    public const long Longest = 1L << LongestBits;

    /// <summary>How many buckets there are.</summary>
    public const int BucketCount = 1 + (LongestBits - ShortestBits) * Steps + 1;

    private readonly long[] _buckets = new long[BucketCount];
    private long _total;
    private long _max;

    /// <summary>How often.</summary>
    public long Count
    {
        get
        {
            // Not counted apart: so the buckets always add up to it, and the writer has one thing less to do.
            long sum = 0;
            foreach (long count in _buckets)
                sum += count;
            return sum;
        }
    }

    /// <summary>All times together, in nanoseconds.</summary>
    public long Total => Volatile.Read(ref _total);

    /// <summary>The longest, in nanoseconds.</summary>
    public long Max => Volatile.Read(ref _max);

    /// <summary>How often in each bucket.</summary>
    public ReadOnlySpan<long> Buckets => _buckets;

    /// <summary>The longest time that belongs in a bucket, in nanoseconds; <see cref="long.MaxValue"/> for the last.</summary>
    public static long UpperBound(int bucket)
    {
        if (bucket == 0)
            return Shortest;
        if (bucket >= BucketCount - 1)
            return long.MaxValue;
        int doubling = (bucket - 1) >> StepBits;
        int step = (bucket - 1) & (Steps - 1);
        return (Steps + 1L + step) << (doubling + ShortestBits - StepBits);
    }

    /// <summary>Adds a time, in nanoseconds. On the writer's thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Record(long nanoseconds)
    {
        _buckets[BucketOf(nanoseconds)]++;
        _total += nanoseconds;
        if (nanoseconds > _max)
            _max = nanoseconds;
    }

    /// <summary>Adds all that another has. On the writer's thread.</summary>
    public void Add(LatencyHistogram other)
    {
        for (int i = 0; i < BucketCount; i++)
            _buckets[i] += other._buckets[i];
        _total += other.Total;
        _max = Math.Max(_max, other.Max);
    }

    /// <summary>The time, in nanoseconds, that such a part of them did not exceed; 0 when there are none.</summary>
    /// <param name="part">From 0 to 1.</param>
    public long Quantile(double part)
    {
        long rank = Math.Max(1, (long)Math.Ceiling(part * Count));
        long sum = 0;
        for (int i = 0; i < BucketCount; i++)
        {
            sum += _buckets[i];
            if (sum >= rank)
                return Math.Min(UpperBound(i), Max);
        }
        return 0;
    }

    /// <summary>A bucket ends with its upper bound, as Prometheus has it; therefore the 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int BucketOf(long nanoseconds)
    {
        if (nanoseconds <= Shortest)
            return 0;
        if (nanoseconds > Longest)
            return BucketCount - 1;
        ulong value = (ulong)nanoseconds - 1;
        int highest = BitOperations.Log2(value);
        return 1 + ((highest - ShortestBits) << StepBits) + (int)(value >> (highest - StepBits) & (Steps - 1));
    }
}
