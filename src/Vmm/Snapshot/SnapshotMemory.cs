using System.Runtime.InteropServices;
using Vmm.Guest.Memory;

namespace Vmm.Snapshot;

/// <summary>The memory file of a snapshot.</summary>
/// <param name="Size">Bytes: the guest's RAM.</param>
/// <param name="ModifiedNanoseconds">When the file was written last, since 1970. A file of this size and time is taken for the same without reading it; any other is read and summed first.</param>
/// <param name="Chunk">Bytes of content a sum.</param>
/// <param name="Sums">XXH3 (64 bits) of each chunk's pages that the file has, little-endian, one after the other.</param>
/// <param name="Pages">Which pages of 4 KiB the file has, a bit each, the lowest first; null when it has all.</param>
internal sealed record SnapshotMemory(ulong Size, long ModifiedNanoseconds, uint Chunk, byte[] Sums, byte[]? Pages = null)
{
    /// <summary>A bitmap as bytes.</summary>
    public static byte[] Bytes(DirtyBitmap pages) => MemoryMarshal.AsBytes(pages.Words).ToArray();

    /// <summary>Bytes as a bitmap; null when there are not as many as the memory's size asks for, or a page behind its end is marked.</summary>
    public DirtyBitmap? TryReadPages()
    {
        DirtyBitmap bitmap = new(Size);
        Span<byte> bytes = MemoryMarshal.AsBytes(bitmap.Words);
        if (Pages is null || Pages.Length != bytes.Length)
            return null;
        Pages.CopyTo(bytes);
        int spare = (int)((ulong)bytes.Length * 8 - bitmap.PageCount);
        return spare > 0 && bitmap.Words[^1] >> (64 - spare) != 0 ? null : bitmap;
    }
}
