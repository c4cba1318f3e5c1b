namespace Vmm.Metrics;

/// <summary>Exits of one kind, all vCPUs together, and how long it took us to answer them.</summary>
internal sealed record ExitMetrics
{
    /// <summary>The reason (<c>io</c>, <c>mmio</c>) or the device (<c>serial0</c>); <c>(nobody)</c> for accesses that no device answered.</summary>
    public required string Name { get; init; }

    /// <summary>How many there were.</summary>
    public required long Count { get; init; }

    /// <summary>Time to answer them, in all.</summary>
    public required long TotalNs { get; init; }

    /// <summary>Half of them took no longer. Up to an eighth too high, as the other quantiles: it is the end of a bucket.</summary>
    public required long P50Ns { get; init; }

    /// <summary>Nine in ten took no longer.</summary>
    public required long P90Ns { get; init; }

    /// <summary>All but one in a hundred took no longer.</summary>
    public required long P99Ns { get; init; }

    /// <summary>The longest.</summary>
    public required long MaxNs { get; init; }

    /// <summary>The distribution: buckets that are not empty, in ascending order.</summary>
    public required IReadOnlyList<LatencyBucket> Buckets { get; init; }
}
