namespace Vmm.Bench.Exits;

/// <summary>One row of two reports.</summary>
internal sealed record RowComparison
{
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

    /// <summary><c>faster</c>, <c>slower</c>, <c>same</c> where the interval has 1 in it, or <c>missing</c>.</summary>
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
        RowComparison row = new() { Name = name, FirstP50Ns = first?.P50Ns, SecondP50Ns = second?.P50Ns, Verdict = "missing" };
        if (first?.MediansNs is not { Count: > 0 } before || second?.MediansNs is not { Count: > 0 } after || before.Any(median => median <= 0))
            return row;
        Interval ratio = Interval.OfGroups(after, before);
        return row with
        {
            Ratio = Math.Round(ratio.Value, 4),
            RatioLow = Math.Round(ratio.Low, 4),
            RatioHigh = Math.Round(ratio.High, 4),
            Verdict = !ratio.IsNotOne ? "same" : ratio.Low > 1 ? "slower" : "faster",
        };
    }
}
