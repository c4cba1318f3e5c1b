using System.Text.Json.Serialization;

namespace Vmm.Bench.Exits;

/// <summary>The distribution of one program's samples of a row. Times in nanoseconds of the guest's TSC, and in its cycles; all null when there are none.</summary>
internal record ExitFigures
{
    /// <summary>How many samples.</summary>
    public int? Samples { get; init; }

    /// <summary>The shortest.</summary>
    public double? MinNs { get; init; }

    /// <summary>Half took no longer.</summary>
    public double? P50Ns { get; init; }

    /// <summary>Nine in ten took no longer.</summary>
    public double? P90Ns { get; init; }

    /// <summary>All but one in a hundred took no longer.</summary>
    public double? P99Ns { get; init; }

    /// <summary>All but one in a thousand took no longer.</summary>
    [JsonPropertyName("p99_9_ns")]
    public double? P999Ns { get; init; }

    /// <summary>The longest; none is left out.</summary>
    public double? MaxNs { get; init; }

    /// <summary>The shortest.</summary>
    public long? MinCycles { get; init; }

    /// <summary>Half took no longer.</summary>
    public long? P50Cycles { get; init; }

    /// <summary>Nine in ten took no longer.</summary>
    public long? P90Cycles { get; init; }

    /// <summary>All but one in a hundred took no longer.</summary>
    public long? P99Cycles { get; init; }

    /// <summary>All but one in a thousand took no longer.</summary>
    [JsonPropertyName("p99_9_cycles")]
    public long? P999Cycles { get; init; }

    /// <summary>The longest.</summary>
    public long? MaxCycles { get; init; }

    /// <summary>A turn by the host's clock, the guest's own loop included: the mean of all.</summary>
    public double? OutsideNs { get; init; }

    /// <summary>The median of each batch, in the order in which they ran.</summary>
    public IReadOnlyList<double>? MediansNs { get; init; }

    /// <summary>Where each bucket begins, and how many samples it has; 16 buckets to a doubling, empty ones left out.</summary>
    public IReadOnlyList<double[]>? Histogram { get; init; }
}
