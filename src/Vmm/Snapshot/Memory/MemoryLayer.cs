using Vmm.Guest.Memory;

namespace Vmm.Snapshot.Memory;

/// <summary>A memory file of a chain of snapshots.</summary>
/// <param name="File">Open for reading.</param>
/// <param name="Pages">The pages that it has; null when it has all, as the first of a chain does.</param>
internal sealed record MemoryLayer(SparseFile File, DirtyBitmap? Pages = null);
