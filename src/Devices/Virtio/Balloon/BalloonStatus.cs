namespace Vmm.Devices.Virtio.Balloon;

/// <summary>Where a balloon is, at one moment.</summary>
public readonly record struct BalloonStatus
{
    /// <summary>Pages of 4 KiB that it shall hold.</summary>
    public uint TargetPages { get; init; }

    /// <summary>Pages that it holds, as the driver says; never more than there are.</summary>
    public long ActualPages { get; init; }

    /// <summary>Whether a driver is up.</summary>
    public bool IsActive { get; init; }

    /// <summary>What the guest told last of its memory.</summary>
    public GuestMemoryStatistics Statistics { get; init; }

    /// <summary>How often it told something, since its driver came up; 0 when it never did.</summary>
    public long Updates { get; init; }
}
