using Vmm.Machine.Exits;

namespace Vmm.Metrics;

/// <summary>Sums exits over vCPUs and over starts of the guest, under the names that users see.</summary>
internal sealed class ExitTally
{
    private const string Nobody = "(nobody)";

    private readonly Dictionary<string, LatencyHistogram> _reasons = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LatencyHistogram> _devices = new(StringComparer.Ordinal);

    /// <summary>By reason, the most frequent first.</summary>
    public IReadOnlyList<ExitMetrics> ByReason => Describe(_reasons);

    /// <summary>By device, the most frequent first.</summary>
    public IReadOnlyList<ExitMetrics> ByDevice => Describe(_devices);

    /// <summary>Adds what one vCPU counted.</summary>
    public void Add(ExitCounters counters)
    {
        foreach (ExitKind kind in counters.Kinds)
        {
            Sum(_reasons, ExitReasonName.Of(kind.Reason)).Add(kind.Latency);
            if (kind.IsAccess)
                Sum(_devices, kind.Device?.Name ?? Nobody).Add(kind.Latency);
        }
    }

    /// <summary>Adds another sum.</summary>
    public void Add(ExitTally other)
    {
        foreach ((string name, LatencyHistogram latency) in other._reasons)
            Sum(_reasons, name).Add(latency);
        foreach ((string name, LatencyHistogram latency) in other._devices)
            Sum(_devices, name).Add(latency);
    }

    /// <summary>Several register blocks of a device have its name, and count as one.</summary>
    private static LatencyHistogram Sum(Dictionary<string, LatencyHistogram> sums, string name)
    {
        if (!sums.TryGetValue(name, out LatencyHistogram? sum))
            sums.Add(name, sum = new LatencyHistogram());
        return sum;
    }

    private static IReadOnlyList<ExitMetrics> Describe(Dictionary<string, LatencyHistogram> sums) =>
    [
        .. sums.Select(sum => Describe(sum.Key, sum.Value)).Where(exits => exits.Count > 0)
            .OrderByDescending(exits => exits.Count).ThenBy(exits => exits.Name, StringComparer.Ordinal),
    ];

    private static ExitMetrics Describe(string name, LatencyHistogram latency)
    {
        List<LatencyBucket> buckets = [];
        for (int i = 0; i < LatencyHistogram.BucketCount; i++)
        {
            if (latency.Buckets[i] > 0)
                buckets.Add(new LatencyBucket(LatencyHistogram.UpperBound(i) is var end and < long.MaxValue ? end : null, latency.Buckets[i]));
        }
        return new ExitMetrics
        {
            Name = name,
            Count = latency.Count,
            TotalNs = latency.Total,
            P50Ns = latency.Quantile(0.5),
            P90Ns = latency.Quantile(0.9),
            P99Ns = latency.Quantile(0.99),
            MaxNs = latency.Max,
            Buckets = buckets,
        };
    }
}
