namespace Vmm.Bench.SideBySide;

/// <summary>Order statistics of a few dozen samples.</summary>
internal static class Percentiles
{
    /// <summary>The middle one.</summary>
    public static double Median(IEnumerable<double> samples) => At(samples, 0.5);

    /// <summary>The sample below which a share of them lies.</summary>
    public static double At(IEnumerable<double> samples, double share)
    {
        double[] sorted = [.. samples.Order()];
        return sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
    }
}
