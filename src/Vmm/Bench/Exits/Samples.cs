namespace Vmm.Bench.Exits;

/// <summary>Order statistics of samples in TSC cycles.</summary>
internal static class Samples
{
    /// <summary>Buckets of a histogram to a doubling: each is 4.4 % wide.</summary>
    private const int BucketsInDoubling = 16;

    /// <summary>The smallest sample that at least such a share of them does not exceed (nearest rank).</summary>
    /// <param name="sorted">Ascending, at least one.</param>
    /// <param name="share">From 0 to 1.</param>
    public static double Quantile(ReadOnlySpan<double> sorted, double share) =>
        sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];

    /// <summary>The middle one, or the mean of the two in the middle.</summary>
    /// <param name="values">In any order, at least one.</param>
    public static double Median(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray();
        Array.Sort(sorted);
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>All figures of the batches of one program.</summary>
    /// <param name="batches">At least one, each with samples.</param>
    /// <param name="tscKhz">The TSC's frequency.</param>
    /// <param name="lessNs">What is taken off each sample.</param>
    public static ExitFigures Describe(IReadOnlyList<Batch> batches, long tscKhz, uint lessNs)
    {
        double cycleNs = 1e6 / tscKhz;
        double lessCycles = lessNs / cycleNs;
        double[][] parts = [.. batches.Select(batch => Cycles(batch, lessCycles))];
        double[] all = [.. parts.SelectMany(part => part)];
        Array.Sort(all);
        double Ns(double cycles) => Math.Round(cycles * cycleNs, 1);
        double min = all[0], p50 = Quantile(all, 0.5), p90 = Quantile(all, 0.9), p99 = Quantile(all, 0.99), p999 = Quantile(all, 0.999), max = all[^1];
        return new ExitFigures
        {
            Samples = all.Length,
            MinNs = Ns(min),
            P50Ns = Ns(p50),
            P90Ns = Ns(p90),
            P99Ns = Ns(p99),
            P999Ns = Ns(p999),
            MaxNs = Ns(max),
            MinCycles = (long)min,
            P50Cycles = (long)p50,
            P90Cycles = (long)p90,
            P99Cycles = (long)p99,
            P999Cycles = (long)p999,
            MaxCycles = (long)max,
            OutsideNs = Math.Round(batches.Average(batch => batch.OutsideNs), 1),
            MediansNs = [.. parts.Select(part => Ns(Median(part)))],
            Histogram = Histogram(all, cycleNs),
        };
    }

    /// <summary>How many samples lie in each bucket that has any: its lower end in nanoseconds, and the count.</summary>
    public static IReadOnlyList<double[]> Histogram(ReadOnlySpan<double> sorted, double cycleNs)
    {
        List<double[]> buckets = [];
        foreach (double cycles in sorted)
        {
            double ns = Math.Max(1, cycles * cycleNs);
            double lower = Math.Round(Math.Pow(2, Math.Floor(Math.Log2(ns) * BucketsInDoubling) / BucketsInDoubling), 2);
            if (buckets.Count > 0 && buckets[^1][0] == lower)
                buckets[^1][1]++;
            else
                buckets.Add([lower, 1]);
        }
        return buckets;
    }

    /// <summary>Two processors' counters may be apart by a little, so that a sample may be below 0: it counts as 0.</summary>
    private static double[] Cycles(Batch batch, double less) => Array.ConvertAll(batch.Samples, sample => Math.Max(0, (long)sample - less));
}
