namespace Vmm.Devices.Virtio.Balloon;

/// <summary>What a balloon offers its driver.</summary>
public readonly record struct BalloonOptions
{
    /// <summary>Pages of 4 KiB that the balloon shall hold from the start.</summary>
    public uint TargetPages { get; init; }

    /// <summary>A guest that is out of memory takes pages out of the balloon rather than kill a process.</summary>
    public bool DeflateOnOom { get; init; }

    /// <summary>The guest reports memory that it has freed.</summary>
    public bool FreePageReporting { get; init; }

    /// <summary>How often the guest is asked for statistics; zero for only when somebody looks.</summary>
    public TimeSpan StatisticsInterval { get; init; }
}
