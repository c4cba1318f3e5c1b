using System.Text.Json.Serialization;
using Vmm.Machine.Config;

namespace Vmm.Snapshot;

/// <summary>How a VM is to be brought back from a snapshot.</summary>
/// <param name="Path">The snapshot, as an absolute path.</param>
internal sealed record RestoreSettings(string Path)
{
    /// <summary>Whether disks count as unchanged, whatever their times say.</summary>
    public bool TrustDisks { get; init; }

    /// <summary>Whether the guest is to be held at first.</summary>
    public bool Paused { get; init; }

    /// <summary>Whether what changes is watched from the first instruction on, so that the next snapshot can build upon this one.</summary>
    public bool Track { get; init; }

    /// <summary>How the guest gets its memory.</summary>
    public RestoreMode Mode { get; init; }

    /// <summary>What this process has read of the snapshot already; null to read it when it is opened.</summary>
    [JsonIgnore]
    public SnapshotDescription? Description { get; init; }

    /// <summary>Opens the snapshot.</summary>
    /// <param name="config">The description of the machine that is to go on, resolved.</param>
    /// <exception cref="Host.VmmException">It is damaged, or this is no machine for it.</exception>
    public SnapshotOrigin Open(MachineConfig config) => SnapshotOrigin.Open(this, config);
}
