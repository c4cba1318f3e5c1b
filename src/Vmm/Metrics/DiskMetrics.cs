namespace Vmm.Metrics;

/// <summary>What one disk has done.</summary>
internal sealed record DiskMetrics
{
    /// <summary>Its id.</summary>
    public required string Name { get; init; }

    /// <summary>Reads that succeeded.</summary>
    public long Reads { get; init; }

    /// <summary>Bytes they read.</summary>
    public long ReadBytes { get; init; }

    /// <summary>Writes that succeeded.</summary>
    public long Writes { get; init; }

    /// <summary>Bytes they wrote.</summary>
    public long WrittenBytes { get; init; }

    /// <summary>Flushes that succeeded.</summary>
    public long Flushes { get; init; }

    /// <summary>Discard requests that succeeded.</summary>
    public long Discards { get; init; }

    /// <summary>Write-zeroes requests that succeeded.</summary>
    public long ZeroWrites { get; init; }

    /// <summary>Requests that the host's side failed.</summary>
    public long BackendErrors { get; init; }

    /// <summary>Requests that the guest should not have made: bad ranges, writes to a read-only disk.</summary>
    public long RefusedRequests { get; init; }

    /// <summary>Requests of a kind that this disk does not do.</summary>
    public long UnsupportedRequests { get; init; }

    /// <summary>Requests in flight at this moment.</summary>
    public int InFlight { get; init; }

    /// <summary>How many may be in flight.</summary>
    public int QueueSize { get; init; }

    /// <summary>How often work waited because of a limit.</summary>
    public long Throttled { get; init; }

    /// <summary>Each of its queues.</summary>
    public IReadOnlyList<DiskQueueMetrics> Queues { get; init; } = [];
}
