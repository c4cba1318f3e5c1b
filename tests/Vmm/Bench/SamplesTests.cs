using Vmm.Bench.Exits;
using Xunit;

namespace Vmm.Tests.Vmm.Bench;

/// <summary>Order statistics, histograms and confidence intervals.</summary>
public sealed class SamplesTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 5)]
    [InlineData(0.9, 9)]
    [InlineData(0.91, 10)]
    [InlineData(1, 10)]
    public void Quantile_is_the_nearest_rank(double share, double expected) =>
        Assert.Equal(expected, Samples.Quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], share));

    [Fact]
    public void Median_of_an_even_number_is_the_mean_of_the_two_in_the_middle()
    {
        Assert.Equal(3, Samples.Median([9, 3, 1]));
        Assert.Equal(2.5, Samples.Median([9, 3, 1, 2]));
    }

    [Fact]
    public void Figures_keep_the_outlier_and_know_both_units()
    {
        ulong[] samples = [.. Enumerable.Range(1, 999).Select(i => (ulong)(2000 + i)), 5_000_000];

        ExitFigures figures = Samples.Describe([new Batch(samples, 123.45, null)], tscKhz: 2_000_000, lessNs: 0);

        Assert.Equal(1000, figures.Samples);
        Assert.Equal((2001L, 2500L, 2900L, 2990L, 2999L, 5_000_000L),
            (figures.MinCycles, figures.P50Cycles, figures.P90Cycles, figures.P99Cycles, figures.P999Cycles, figures.MaxCycles));
        Assert.Equal((1000.5, 1250.0, 2_500_000.0), (figures.MinNs, figures.P50Ns, figures.MaxNs));
        Assert.Equal(1000, figures.Histogram!.Sum(bucket => bucket[1]));
    }

    [Fact]
    public void What_was_asked_for_is_taken_off_and_nothing_is_below_zero()
    {
        ExitFigures figures = Samples.Describe([new Batch([40, 160, unchecked((ulong)-5)], 0, null)], tscKhz: 1_000_000, lessNs: 50);

        Assert.Equal((0L, 0L, 110L), (figures.MinCycles, figures.P50Cycles, figures.MaxCycles));
    }

    [Fact]
    public void Buckets_ascend_and_hold_what_is_not_below_them()
    {
        double[] sorted = [1, 1, 1000, 1001, 1500, 1e9];

        IReadOnlyList<double[]> buckets = Samples.Histogram(sorted, cycleNs: 1);

        Assert.Equal(sorted.Length, buckets.Sum(bucket => bucket[1]));
        Assert.Equal(buckets.Select(bucket => bucket[0]).Order(), buckets.Select(bucket => bucket[0]));
        Assert.All(buckets, bucket => Assert.Contains(sorted, value => value >= bucket[0] - 0.01 && value < bucket[0] * 1.05));
    }

    [Fact]
    public void Pairs_cancel_what_drifts_for_both()
    {
        double[] c = [100, 200, 400, 800, 1600, 3200];
        double[] ours = [.. c.Select(value => value * 1.01)];

        Interval ratio = Interval.OfPairs(ours, c);

        Assert.Equal((1.01, 1.01, 1.01), (Math.Round(ratio.Value, 6), Math.Round(ratio.Low, 6), Math.Round(ratio.High, 6)));
        Assert.True(ratio.IsNotOne);
    }

    [Fact]
    public void Groups_that_overlap_are_not_told_apart_and_groups_that_do_not_are()
    {
        double[] noisy = [90, 95, 100, 105, 110, 98, 102];

        Assert.False(Interval.OfGroups(noisy, noisy).IsNotOne);
        Interval slower = Interval.OfGroups([.. noisy.Select(value => value * 2)], noisy);
        Assert.True(slower.IsNotOne);
        Assert.InRange(slower.Value, slower.Low, slower.High);
        Assert.Equal(slower, Interval.OfGroups([.. noisy.Select(value => value * 2)], noisy));
    }
}
