namespace Vmm.Devices.Virtio.RateLimiting;

/// <summary>A device whose pace can be limited, also while it runs.</summary>
public interface IRateLimited
{
    /// <summary>The limit in force. Setting it takes hold at once, for what waits already too. Safe on any thread.</summary>
    RateLimit Limit { get; set; }

    /// <summary>How often work had to wait for it, since the start.</summary>
    long Throttled { get; }
}
