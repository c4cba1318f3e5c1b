namespace Vmm.Migration;

/// <summary>A migration that succeeded.</summary>
internal sealed record MigrationResult
{
    /// <summary>Where the guest is now.</summary>
    public required string Destination { get; init; }

    /// <summary>From the first connection to the destination's word that the guest runs, in milliseconds.</summary>
    public required double TotalMilliseconds { get; init; }

    /// <summary>From the moment at which the guest was to be held, to the destination's word that it runs, in milliseconds.</summary>
    public required double DowntimeMilliseconds { get; init; }

    /// <summary>Bytes that were sent, headers and all.</summary>
    public required long Sent { get; init; }

    /// <summary>Pages that were sent with content.</summary>
    public required long Pages { get; init; }

    /// <summary>Pages that were looked at and were all zero.</summary>
    public required long ZeroPages { get; init; }

    /// <summary>Rounds over memory, the last one included.</summary>
    public required int Rounds { get; init; }

    /// <summary>Bytes in a second, while memory was sent.</summary>
    public required double Bandwidth { get; init; }

    /// <summary>Whether part of the memory went after the guest had started there.</summary>
    public bool PostCopy { get; init; }

    /// <summary>Pages that the guest had to wait for there.</summary>
    public long Faults { get; init; }

    /// <summary>How long it waited for half of them at most, in microseconds.</summary>
    public double FaultMedian { get; init; }

    /// <summary>How long it waited for 99 of 100 of them at most, in microseconds.</summary>
    public double Fault99 { get; init; }

    /// <summary>Whether the link was lost while memory followed, and the migration was taken up again.</summary>
    public bool Recovered { get; init; }
}
