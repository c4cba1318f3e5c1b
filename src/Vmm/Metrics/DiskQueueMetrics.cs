namespace Vmm.Metrics;

/// <summary>What one queue of a disk has done.</summary>
internal sealed record DiskQueueMetrics
{
    /// <summary>Its number.</summary>
    public required int Queue { get; init; }

    /// <summary>Requests that succeeded, of every kind.</summary>
    public long Requests { get; init; }

    /// <summary>Bytes that they read or wrote.</summary>
    public long Bytes { get; init; }

    /// <summary>Requests that failed, whoever's fault it was.</summary>
    public long Errors { get; init; }

    /// <summary>Requests in flight at this moment.</summary>
    public int InFlight { get; init; }

    /// <summary>How many may be in flight; 0 for a queue that the guest does not use.</summary>
    public int Size { get; init; }
}
