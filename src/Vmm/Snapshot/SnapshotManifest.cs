using System.Text.Json;

namespace Vmm.Snapshot;

/// <summary>What a snapshot is: of which machine, when, and what it needs to be brought back.</summary>
internal sealed record SnapshotManifest
{
    /// <summary>Its own, for children to name their parent by.</summary>
    public required Guid Id { get; init; }

    /// <summary>The machine's name.</summary>
    public required string Name { get; init; }

    /// <summary>When the guest was held, UTC.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>The version of vmm that took it.</summary>
    public required string Vmm { get; init; }

    /// <summary>How much of the memory it has.</summary>
    public required SnapshotKind Kind { get; init; }

    /// <summary>Whether the guest ran on while its memory was written.</summary>
    public bool Live { get; init; }

    /// <summary>Whether the guest's file systems were frozen for the moment.</summary>
    public bool Frozen { get; init; }

    /// <summary>What it builds upon; null for a full one.</summary>
    public SnapshotParent? Parent { get; init; }

    /// <summary>The machine's description, as it was resolved, in the form of a machine file.</summary>
    public required JsonElement Config { get; init; }

    /// <summary>What the guest was told of its processors.</summary>
    public JsonElement? Cpu { get; init; }

    /// <summary>The memory file.</summary>
    public required SnapshotMemory Memory { get; init; }

    /// <summary>The sum of the state file that belongs to it.</summary>
    public required string State { get; init; }

    /// <summary>The disks at that moment.</summary>
    public required IReadOnlyList<SnapshotDisk> Disks { get; init; }

    /// <summary>How long the guest was held for it, in microseconds.</summary>
    public double PausedMicroseconds { get; init; }
}
