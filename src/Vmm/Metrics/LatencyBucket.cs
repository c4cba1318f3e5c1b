namespace Vmm.Metrics;

/// <summary>One bucket of a distribution.</summary>
/// <param name="UpToNs">The longest time that belongs in it; what is shorter than the bucket before ends belongs there. Null for the last bucket, which has no end.</param>
/// <param name="Count">How many there were.</param>
internal readonly record struct LatencyBucket(long? UpToNs, long Count);
