using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Vmm.Machine.Exits;

namespace Vmm.Metrics;

/// <summary>How long something took, each time: a distribution as it is told.</summary>
internal record LatencyMetrics
{
    /// <summary>An empty one, to be filled.</summary>
    [JsonConstructor]
    public LatencyMetrics()
    {
    }

    /// <summary>That of a histogram.</summary>
    [SetsRequiredMembers]
    public LatencyMetrics(LatencyHistogram times)
    {
        List<LatencyBucket> buckets = [];
        for (int i = 0; i < LatencyHistogram.BucketCount; i++)
        {
            if (times.Buckets[i] > 0)
                buckets.Add(new LatencyBucket(LatencyHistogram.UpperBound(i) is var end and < long.MaxValue ? end : null, times.Buckets[i]));
        }
        (Count, TotalNs, MaxNs, Buckets) = (times.Count, times.Total, times.Max, buckets);
        (P50Ns, P90Ns, P99Ns, P999Ns) = (times.Quantile(0.5), times.Quantile(0.9), times.Quantile(0.99), times.Quantile(0.999));
    }

    /// <summary>How many there were.</summary>
    public required long Count { get; init; }

    /// <summary>All of it together.</summary>
    public required long TotalNs { get; init; }

    /// <summary>Half of them took no longer. Up to an eighth too high, as the other quantiles: it is the end of a bucket.</summary>
    public required long P50Ns { get; init; }

    /// <summary>Nine in ten took no longer.</summary>
    public required long P90Ns { get; init; }

    /// <summary>All but one in a hundred took no longer.</summary>
    public required long P99Ns { get; init; }

    /// <summary>All but one in a thousand took no longer.</summary>
    public required long P999Ns { get; init; }

    /// <summary>The longest.</summary>
    public required long MaxNs { get; init; }

    /// <summary>The distribution: buckets that are not empty, in ascending order.</summary>
    public required IReadOnlyList<LatencyBucket> Buckets { get; init; }
}
