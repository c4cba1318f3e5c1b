using Vmm.Machine.Exits;
using Xunit;

namespace Vmm.Tests.Vmm.Machine;

public sealed class LatencyHistogramTests
{
    [Theory]
    [InlineData(long.MinValue, 0)]
    [InlineData(0, 0)]
    [InlineData(64, 0)]
    [InlineData(65, 1)]
    [InlineData(72, 1)]
    [InlineData(73, 2)]
    [InlineData(128, 8)]
    [InlineData(129, 9)]
    [InlineData(1L << 36, LatencyHistogram.BucketCount - 2)]
    [InlineData((1L << 36) + 1, LatencyHistogram.BucketCount - 1)]
    [InlineData(long.MaxValue, LatencyHistogram.BucketCount - 1)]
    public void A_time_is_in_the_bucket_whose_end_it_does_not_pass(long nanoseconds, int bucket)
    {
        LatencyHistogram histogram = new();
        histogram.Record(nanoseconds);
        Assert.Equal(1, histogram.Buckets[bucket]);
        Assert.Equal(1, histogram.Count);
    }

    [Fact]
    public void Every_bucket_ends_where_the_next_begins_and_is_an_eighth_wide_at_most()
    {
        for (int i = 1; i < LatencyHistogram.BucketCount - 1; i++)
        {
            long end = LatencyHistogram.UpperBound(i);
            long before = LatencyHistogram.UpperBound(i - 1);
            Assert.True(end > before && (end - before) * 8 <= before, $"bucket {i} from {before} to {end}");
            LatencyHistogram histogram = new();
            histogram.Record(end);
            histogram.Record(before + 1);
            Assert.Equal(2, histogram.Buckets[i]);
        }
    }

    [Fact]
    public void Quantiles_are_at_most_an_eighth_too_high_and_never_past_the_longest()
    {
        LatencyHistogram histogram = new();
        for (int i = 1; i <= 1000; i++)
            histogram.Record(i * 1000);
        Assert.InRange(histogram.Quantile(0.5), 500_000, 562_500);
        Assert.InRange(histogram.Quantile(0.9), 900_000, 1_000_000);
        Assert.Equal(1_000_000, histogram.Quantile(1));
        Assert.Equal(1_000_000, histogram.Max);
        Assert.Equal(500_500_000, histogram.Total);
    }

    [Fact]
    public void An_empty_one_has_quantiles_of_zero() => Assert.Equal(0, new LatencyHistogram().Quantile(0.99));

    [Fact]
    public void A_sum_has_the_counts_of_both_and_the_longer_of_their_longest()
    {
        LatencyHistogram sum = new();
        LatencyHistogram other = new();
        sum.Record(100);
        other.Record(100);
        other.Record(5000);
        sum.Add(other);
        Assert.Equal((3, 5200, 5000), (sum.Count, sum.Total, sum.Max));
        Assert.Equal(2, sum.Buckets[5]);
    }
}
