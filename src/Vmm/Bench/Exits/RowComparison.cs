namespace Vmm.Bench.Exits;

/// <summary>One row of two reports.</summary>
internal sealed record RowComparison
{
    /// <summary>The ratios between which "the same" says something. An interval that goes beyond holds 1 and much else.</summary>
    private const double SameFrom = 0.9, SameTo = 1.1;

    /// <summary>The row.</summary>
    public required string Name { get; init; }

    /// <summary>The median of the first; null where it has none.</summary>
    public double? FirstP50Ns { get; init; }

    /// <summary>The median of the second; null where it has none.</summary>
    public double? SecondP50Ns { get; init; }

    /// <summary>The second's median of batches to the first's.</summary>
    public double? Ratio { get; init; }

    /// <summary>The lower end of its 95 % confidence interval.</summary>
    public double? RatioLow { get; init; }

    /// <summary>The upper end.</summary>
    public double? RatioHigh { get; init; }

    /// <summary>
    /// <c>faster</c>; <c>slower</c>; where the interval has 1 in it <c>same</c>, or <c>no difference shown</c> if it is wide; without an interval
    /// <c>only in first</c>, <c>only in second</c>, <c>not measured</c>, or <c>no ratio</c> where a batch of the first took no time.
    /// </summary>
    public required string Verdict { get; init; }

    /// <summary>Compares all rows that either has, in the first's order.</summary>
    public static IReadOnlyList<RowComparison> Of(ExitsReport first, ExitsReport second)
    {
        IEnumerable<string> names = first.Rows.Concat(second.Rows).Select(row => row.Name).Distinct();
        return [.. names.Select(name => Of(name, Find(first, name), Find(second, name)))];
    }

    private static ExitResult? Find(ExitsReport report, string name) => report.Rows.FirstOrDefault(row => row.Name == name);

    private static RowComparison Of(string name, ExitResult? first, ExitResult? second)
    {
        RowComparison row = new() { Name = name, FirstP50Ns = first?.P50Ns, SecondP50Ns = second?.P50Ns, Verdict = "not measured" };
        if (first is null || second is null)
            return row with { Verdict = first is null ? "only in second" : "only in first" };
        if (first.MediansNs is not { Count: > 0 } before || second.MediansNs is not { Count: > 0 } after)
            return row;
        if (before.Any(median => median <= 0))
            return row with { Verdict = "no ratio" };
        Interval ratio = Interval.OfGroups(after, before);
        return row with
        {
            Ratio = Math.Round(ratio.Value, 4),
            RatioLow = Math.Round(ratio.Low, 4),
            RatioHigh = Math.Round(ratio.High, 4),
            Verdict = VerdictOf(ratio),
        };
    }

    private static string VerdictOf(Interval ratio)
    {
        if (ratio.IsNotOne)
            return ratio.Low > 1 ? "slower" : "faster";
        return ratio.Low >= SameFrom && ratio.High <= SameTo ? "same" : "no difference shown";
    }
}
