using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Snapshot.Memory;

namespace Vmm.Snapshot;

/// <summary>Compares the memory of two snapshots page by page.</summary>
internal static class MemoryDifference
{
    private const int Piece = 1 << 20;
    private const int Page = (int)DirtyBitmap.PageSize;

    /// <summary>Counts the pages that differ.</summary>
    /// <returns>Those, and all there are.</returns>
    /// <exception cref="VmmException">They are not of the same size, or cannot be read.</exception>
    public static (ulong Changed, ulong Pages) Count(MemoryLayers one, MemoryLayers other)
    {
        if (one.Size != other.Size)
            throw new VmmException($"the memories cannot be compared: one has {one.Size >> 20} MiB, the other {other.Size >> 20} MiB");
        byte[] a = new byte[Piece];
        byte[] b = new byte[Piece];
        ulong changed = 0;
        for (ulong at = 0; at < one.Size; at += Piece)
        {
            int length = (int)Math.Min(Piece, one.Size - at);
            one.TryRead(at, a.AsSpan(0, length));
            other.TryRead(at, b.AsSpan(0, length));
            for (int page = 0; page < length; page += Page)
            {
                if (!a.AsSpan(page, Page).SequenceEqual(b.AsSpan(page, Page)))
                    changed++;
            }
        }
        return (changed, one.Size / Page);
    }
}
