namespace Vmm.Devices.Virtio.RateLimiting;

/// <summary>What a device may do for its guest in a time. Null: as much as it can.</summary>
/// <param name="Bandwidth">Bytes of data.</param>
/// <param name="Operations">Requests, or packets.</param>
public readonly record struct RateLimit(BucketLimit? Bandwidth, BucketLimit? Operations)
{
    /// <summary>Whether it limits anything.</summary>
    public bool IsLimited => Bandwidth is not null || Operations is not null;
}
