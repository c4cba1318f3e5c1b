using Vmm.Machine.Config;

namespace Vmm.Snapshot;

/// <summary>What a snapshot says of itself and of its machine.</summary>
/// <param name="Manifest">What it is.</param>
/// <param name="Config">The machine's description, resolved.</param>
internal sealed record SnapshotDescription(SnapshotManifest Manifest, MachineConfig Config)
{
    /// <summary>Reads it.</summary>
    /// <exception cref="Host.VmmException">There is no snapshot, or it is damaged, foreign or newer.</exception>
    public static SnapshotDescription Read(SnapshotFolder folder)
    {
        SnapshotManifest manifest = folder.ReadManifest();
        return new SnapshotDescription(manifest, folder.ReadConfig(manifest));
    }
}
