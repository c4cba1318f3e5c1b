using Vmm.Host;
using Vmm.Snapshot;

namespace Vmm.Cli.Snapshots;

/// <summary>A snapshot in a list.</summary>
/// <param name="Path">Its folder.</param>
internal record SnapshotRow(string Path)
{
    /// <summary>The machine's name; null when the manifest cannot be read.</summary>
    public string? Name { get; init; }

    /// <summary>Its id.</summary>
    public Guid? Id { get; init; }

    /// <summary>How much of the memory it has; null when the manifest cannot be read.</summary>
    public SnapshotKind? Kind { get; init; }

    /// <summary>When the guest was held.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>The guest's RAM, in bytes.</summary>
    public ulong MemoryBytes { get; init; }

    /// <summary>What its files take on disk, in bytes: holes take nothing.</summary>
    public long DiskBytes { get; init; }

    /// <summary>What it builds upon; null for a full one.</summary>
    public string? Parent { get; init; }

    /// <summary>Why it cannot be read; null when it can.</summary>
    public string? Fault { get; init; }

    /// <summary>Looks at one. One that cannot be read is a row, too.</summary>
    public static SnapshotRow Of(SnapshotFolder folder)
    {
        try
        {
            return Of(folder, folder.ReadManifest());
        }
        catch (VmmException wrong)
        {
            return new SnapshotRow(folder.Path) { Fault = wrong.Message };
        }
    }

    /// <summary>The row of one whose manifest was read.</summary>
    protected static SnapshotRow Of(SnapshotFolder folder, SnapshotManifest manifest) => new(folder.Path)
    {
        Name = manifest.Name,
        Id = manifest.Id,
        Kind = manifest.Kind,
        TakenAt = manifest.TakenAt,
        MemoryBytes = manifest.Memory.Size,
        DiskBytes = folder.CountDiskBytes(),
        Parent = manifest.Parent?.Path,
    };
}
