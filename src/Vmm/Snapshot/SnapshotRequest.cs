namespace Vmm.Snapshot;

/// <summary>How a snapshot is to be taken.</summary>
/// <param name="Path">Where, as an absolute path.</param>
internal sealed record SnapshotRequest(string Path)
{
    /// <summary>Whether it may take the place of another.</summary>
    public bool Replace { get; init; }

    /// <summary>The snapshot that it is to build upon, as an absolute path; null for a full one.</summary>
    public string? Parent { get; init; }

    /// <summary>Whether changes are to be watched from now on, so that it can be a parent.</summary>
    public bool Track { get; init; }

    /// <summary>Whether the guest is to run on while its memory is written.</summary>
    public bool Live { get; init; }

    /// <summary>Whether the guest's file systems are frozen while this is done.</summary>
    public bool Frozen { get; init; }
}
