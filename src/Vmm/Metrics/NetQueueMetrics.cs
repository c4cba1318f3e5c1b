namespace Vmm.Metrics;

/// <summary>What one queue of a network device has moved.</summary>
internal sealed record NetQueueMetrics
{
    /// <summary>Frames that went through.</summary>
    public long Frames { get; init; }

    /// <summary>Their bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>Frames that the host did not take, or for which the guest had no room, and those sent without a link.</summary>
    public long Dropped { get; init; }

    /// <summary>Frames that break the rules.</summary>
    public long Errors { get; init; }

    /// <summary>Frames that the guest does not want to see.</summary>
    public long Filtered { get; init; }
}
