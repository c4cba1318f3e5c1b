namespace Vmm.Machine.Config;

/// <summary>A virtio balloon: memory that the guest gives back to the host.</summary>
internal sealed record BalloonConfig
{
    /// <summary>How much of its memory the guest gives up.</summary>
    public ByteSize Size { get; set; } = new(0);

    /// <summary>A guest that is out of memory takes it back rather than kill a process.</summary>
    public bool DeflateOnOom { get; set; }

    /// <summary>The guest reports memory that it has freed, and the host takes that back.</summary>
    public bool FreePageReporting { get; set; }

    /// <summary>How often the guest is asked for statistics, in seconds; 0 or not given: when somebody looks.</summary>
    public int? Stats { get; set; }
}
