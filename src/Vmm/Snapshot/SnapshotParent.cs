namespace Vmm.Snapshot;

/// <summary>What an incremental snapshot builds upon.</summary>
/// <param name="Id">The parent's id.</param>
/// <param name="Path">Its folder: relative to the snapshot's own when it lies beside it, so that both can be moved together.</param>
internal sealed record SnapshotParent(Guid Id, string Path);
