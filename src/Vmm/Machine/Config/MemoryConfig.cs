namespace Vmm.Machine.Config;

/// <summary>The machine's RAM and how the host provides it.</summary>
internal sealed record MemoryConfig
{
    /// <summary>How much.</summary>
    public ByteSize Size { get; set; } = new(512UL << 20);

    /// <summary>Taken from the host's reserved huge pages.</summary>
    public bool Hugepages { get; set; }

    /// <summary>Backed by a memfd that other processes may map.</summary>
    public bool Shared { get; set; }

    /// <summary>Every page taken from the host before the guest starts.</summary>
    public bool Prefault { get; set; }
}
