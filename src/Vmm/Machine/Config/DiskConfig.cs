namespace Vmm.Machine.Config;

/// <summary>One virtio disk over a raw file or block device. The format is never guessed from the content.</summary>
internal sealed record DiskConfig
{
    /// <summary>The file or block device.</summary>
    public required string Path { get; set; }

    /// <summary>The guest cannot write to it.</summary>
    public bool Readonly { get; set; }

    /// <summary>Opened with O_DIRECT: past the host's page cache.</summary>
    public bool Direct { get; set; }

    /// <summary>What the guest reads as the disk's serial. Resolved: never null; <c>disk0</c>, <c>disk1</c> … when not given.</summary>
    public string? Id { get; set; }
}
