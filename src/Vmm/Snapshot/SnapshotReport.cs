namespace Vmm.Snapshot;

/// <summary>What taking a snapshot took.</summary>
/// <param name="Id">The snapshot's.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Kind">How much of the memory it has.</param>
/// <param name="PausedMicroseconds">How long the guest stood still.</param>
/// <param name="TotalMicroseconds">How long it all took.</param>
/// <param name="MemoryBytes">What of the memory was written: pages that are not zero.</param>
internal sealed record SnapshotReport(Guid Id, string Path, SnapshotKind Kind, double PausedMicroseconds, double TotalMicroseconds, long MemoryBytes);
