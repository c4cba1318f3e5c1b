namespace Vmm.Snapshot;

/// <summary>A disk at the moment of a snapshot. Its content is not part of the snapshot; this tells whether it is still the same.</summary>
/// <param name="Id">The device's id.</param>
/// <param name="Path">The image, as an absolute path.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ModifiedNanoseconds">When it was written last, since 1970.</param>
internal sealed record SnapshotDisk(string Id, string Path, long Size, long ModifiedNanoseconds);
