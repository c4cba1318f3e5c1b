namespace Vmm.Devices.Virtio.RateLimiting;

/// <summary>The measures of a token bucket: what flows in, what it holds, and what it holds once on top of that.</summary>
/// <param name="Size">Tokens (bytes or operations) that an idle bucket saves up, at least 1.</param>
/// <param name="RefillNanoseconds">How long an empty bucket takes to be full again; so <paramref name="Size"/> in that time is the rate. At most <see cref="LongestRefill"/>.</param>
/// <param name="OneTimeBurst">Tokens at the start that are spent first and never come back.</param>
public readonly record struct BucketLimit(ulong Size, long RefillNanoseconds, ulong OneTimeBurst = 0)
{
    /// <summary>13 days: far more than anybody waits, and far below where arithmetic could wrap.</summary>
    public const long LongestRefill = 1L << 50;

    /// <summary>Whether a bucket can be made of it.</summary>
    public bool IsValid => Size > 0 && RefillNanoseconds is > 0 and <= LongestRefill;
}
