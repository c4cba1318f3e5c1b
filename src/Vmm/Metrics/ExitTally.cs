using Vmm.Machine.Exits;

namespace Vmm.Metrics;

/// <summary>Sums exits, over starts of the guest and over vCPUs if that is wanted, under the names that users see.</summary>
internal sealed class ExitTally
{
    private const string Nobody = "(nobody)";

    private readonly Dictionary<string, Times> _reasons = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Times> _devices = new(StringComparer.Ordinal);

    /// <summary>By reason, the most frequent first.</summary>
    public IReadOnlyList<ExitMetrics> ByReason => Describe(_reasons);

    /// <summary>By device, the most frequent first.</summary>
    public IReadOnlyList<ExitMetrics> ByDevice => Describe(_devices);

    /// <summary>Adds what one vCPU counted.</summary>
    public void Add(ExitCounters counters)
    {
        foreach (ExitKind kind in counters.Kinds)
        {
            Sum(_reasons, ExitReasonName.Of(kind.Reason)).Add(kind.Latency, kind.Run);
            if (kind.IsAccess)
                Sum(_devices, kind.Device?.Name ?? Nobody).Add(kind.Latency, kind.Run);
        }
    }

    /// <summary>Adds another sum.</summary>
    public void Add(ExitTally other)
    {
        foreach ((string name, Times times) in other._reasons)
            Sum(_reasons, name).Add(times.Handled, times.Run);
        foreach ((string name, Times times) in other._devices)
            Sum(_devices, name).Add(times.Handled, times.Run);
    }

    /// <summary>Several register blocks of a device have its name, and count as one.</summary>
    private static Times Sum(Dictionary<string, Times> sums, string name)
    {
        if (!sums.TryGetValue(name, out Times? sum))
            sums.Add(name, sum = new Times());
        return sum;
    }

    private static IReadOnlyList<ExitMetrics> Describe(Dictionary<string, Times> sums) =>
    [
        .. sums.Select(sum => new ExitMetrics(sum.Key, sum.Value.Handled, sum.Value.Run)).Where(exits => exits.Count > 0)
            .OrderByDescending(exits => exits.Count).ThenBy(exits => exits.Name, StringComparer.Ordinal),
    ];

    private sealed class Times
    {
        public LatencyHistogram Handled { get; } = new();

        public LatencyHistogram Run { get; } = new();

        public void Add(LatencyHistogram handled, LatencyHistogram run)
        {
            Handled.Add(handled);
            Run.Add(run);
        }
    }
}
