namespace Vmm.Metrics;

/// <summary>What one network device has done.</summary>
internal sealed record NetMetrics
{
    /// <summary>Its id.</summary>
    public required string Name { get; init; }

    /// <summary>Whether its cable is in.</summary>
    public bool LinkUp { get; init; }

    /// <summary>How often work waited because of a limit.</summary>
    public long Throttled { get; init; }

    /// <summary>To the guest: each pair's receive queue.</summary>
    public required IReadOnlyList<NetQueueMetrics> Received { get; init; }

    /// <summary>From the guest: each pair's transmit queue.</summary>
    public required IReadOnlyList<NetQueueMetrics> Sent { get; init; }
}
