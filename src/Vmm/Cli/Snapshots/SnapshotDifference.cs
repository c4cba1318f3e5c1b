namespace Vmm.Cli.Snapshots;

/// <summary>What <c>vmm snapshots diff</c> found.</summary>
/// <param name="Sections">The parts of the machine.</param>
/// <param name="ChangedPages">Pages of memory that differ.</param>
/// <param name="Pages">All that there are, of 4 KiB.</param>
internal sealed record SnapshotDifference(IReadOnlyList<SectionDifference> Sections, ulong ChangedPages, ulong Pages);
