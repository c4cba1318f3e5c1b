namespace Vmm.Bench.Exits;

/// <summary>One row of the result: this program's figures, and the C program's beside them.</summary>
internal sealed record ExitResult : ExitFigures
{
    /// <summary>The row's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it measures.</summary>
    public required string What { get; init; }

    /// <summary>Who answers: <c>user</c>, <c>kernel</c> or <c>nobody</c>.</summary>
    public required string LeavesTo { get; init; }

    /// <summary>Why there are no figures; null when there are.</summary>
    public string? Reason { get; init; }

    /// <summary>The C program's figures; null where it gave none.</summary>
    public ExitFigures? C { get; init; }

    /// <summary>Why the C program gave none; null when it did, or was not there.</summary>
    public string? CReason { get; init; }

    /// <summary>Ours to C: the median of the ratios of the medians of batches that ran one after the other.</summary>
    public double? Ratio { get; init; }

    /// <summary>The lower end of its 95 % confidence interval.</summary>
    public double? RatioLow { get; init; }

    /// <summary>The upper end.</summary>
    public double? RatioHigh { get; init; }

    /// <summary>With the accounting of exits to without it, in the same way; null where that was not measured.</summary>
    public double? AccountingRatio { get; init; }

    /// <summary>The lower end of its 95 % confidence interval.</summary>
    public double? AccountingLow { get; init; }

    /// <summary>The upper end.</summary>
    public double? AccountingHigh { get; init; }
}
