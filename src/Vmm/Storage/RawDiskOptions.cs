namespace Vmm.Storage;

/// <summary>What <c>--disk</c> says of a raw image.</summary>
/// <param name="Path">A regular file or a block device. The format is what the user says, never what the content looks like: a guest that writes another format's header into its disk changes nothing.</param>
internal sealed record RawDiskOptions(string Path)
{
    /// <summary>Open without write permission, shared with other readers.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Go past the host's page cache (O_DIRECT).</summary>
    public bool Direct { get; init; }

    /// <summary>The serial number that the guest reads; null for one made from the path.</summary>
    public string? Id { get; init; }

    /// <summary>Whether somebody else has the image still and hands it over later: it is opened without its lock, and must not be written before it has it.</summary>
    public bool LockLater { get; init; }

    /// <summary>How requests wait.</summary>
    public DiskEngine Engine { get; init; }
}
