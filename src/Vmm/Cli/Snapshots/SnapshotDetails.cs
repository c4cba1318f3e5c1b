using System.Text.Json.Serialization;
using Vmm.Snapshot;
using Vmm.Snapshot.State;

namespace Vmm.Cli.Snapshots;

/// <summary>What <c>vmm snapshots show</c> tells of a snapshot: its row in a list, and what only its manifest and state know.</summary>
internal sealed record SnapshotDetails : SnapshotRow
{
    /// <summary>The serializer would write what is declared here first.</summary>
    private const int AfterRow = 1;

    private SnapshotDetails(SnapshotRow row)
        : base(row)
    {
    }

    /// <summary>The id of what it builds upon; null for a full one.</summary>
    [JsonPropertyOrder(AfterRow)]
    public Guid? ParentId { get; init; }

    /// <summary>Whether the guest ran on while its memory was written.</summary>
    [JsonPropertyOrder(AfterRow)]
    public bool Live { get; init; }

    /// <summary>Whether the guest's file systems were frozen for the moment.</summary>
    [JsonPropertyOrder(AfterRow)]
    public bool Frozen { get; init; }

    /// <summary>How long the guest was held for it, in microseconds.</summary>
    [JsonPropertyOrder(AfterRow)]
    public double PausedMicroseconds { get; init; }

    /// <summary>The version of vmm that took it.</summary>
    [JsonPropertyOrder(AfterRow)]
    public required string Vmm { get; init; }

    /// <summary>Virtual processors.</summary>
    [JsonPropertyOrder(AfterRow)]
    public int Vcpus { get; init; }

    /// <summary>The disks at that moment.</summary>
    [JsonPropertyOrder(AfterRow)]
    public required IReadOnlyList<SnapshotDisk> Disks { get; init; }

    /// <summary>The parts of the machine that it holds.</summary>
    [JsonPropertyOrder(AfterRow)]
    public required IReadOnlyList<string> Sections { get; init; }

    /// <summary>Reads all of one but its memory.</summary>
    /// <exception cref="Host.VmmException">It is damaged, or none that this vmm knows.</exception>
    public static SnapshotDetails Of(SnapshotFolder folder, SnapshotManifest manifest, SavedState state) => new(SnapshotRow.Of(folder, manifest))
    {
        ParentId = manifest.Parent?.Id,
        Live = manifest.Live,
        Frozen = manifest.Frozen,
        PausedMicroseconds = manifest.PausedMicroseconds,
        Vmm = manifest.Vmm,
        Vcpus = folder.ReadConfig(manifest).Cpus.Topology.Count,
        Disks = manifest.Disks,
        Sections = [.. state.Sections.Select(section => section.Name)],
    };
}
