namespace Vmm.Bench.Exits;

/// <summary>What <c>vmm bench compare</c> found.</summary>
internal sealed record ExitsComparison
{
    /// <summary>In what the hosts differ: a difference of rows may be theirs.</summary>
    public required IReadOnlyList<HostDifference> Host { get; init; }

    /// <summary>All rows that either report has, in the first's order.</summary>
    public required IReadOnlyList<RowComparison> Rows { get; init; }

    /// <summary>Compares two reports.</summary>
    public static ExitsComparison Of(ExitsReport first, ExitsReport second) =>
        new() { Host = HostDifference.Of(first.Host, second.Host), Rows = RowComparison.Of(first, second) };
}
