using Vmm.Devices.Virtio.Balloon;

namespace Vmm.Metrics;

/// <summary>A balloon: what was wished, where it is, and what the guest tells of its memory.</summary>
internal sealed record BalloonMetrics
{
    /// <summary>What the guest shall give up.</summary>
    public required long TargetBytes { get; init; }

    /// <summary>What it says that it has given up.</summary>
    public required long ActualBytes { get; init; }

    /// <summary>Whether the guest has a driver for it.</summary>
    public bool HasDriver { get; init; }

    /// <summary>Bytes that were put into the balloon and went back to the host, in all.</summary>
    public long ReleasedBytes { get; init; }

    /// <summary>Bytes that the guest reported as free and that went back to the host, in all.</summary>
    public long ReportedBytes { get; init; }

    /// <summary>Bytes that the guest gave up and the host could not take, in all: parts of huge pages, poisoned pages, locked memory.</summary>
    public long KeptBytes { get; init; }

    /// <summary>Pages that the driver should not have named: not RAM, or twice.</summary>
    public long SkippedPages { get; init; }

    /// <summary>What the guest told last; null when it never told anything.</summary>
    public GuestMemoryStatistics? Guest { get; init; }
}
