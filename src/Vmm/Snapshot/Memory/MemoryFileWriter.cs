using Vmm.Guest.Memory;
using Vmm.Machine;

namespace Vmm.Snapshot.Memory;

/// <summary>Writes a guest's RAM into a file: each page at its offset, what is zeros or was never touched as holes.</summary>
/// <remarks>
/// On the caller's thread alone: buffered writes into one file take its lock in turn, and finding zeros and summing cost a
/// fraction of them.
/// </remarks>
internal static unsafe class MemoryFileWriter
{
    /// <summary>Writes RAM that nobody else writes meanwhile.</summary>
    /// <param name="ram">The RAM.</param>
    /// <param name="file">Open for writing; what it had is lost.</param>
    /// <param name="only">The pages that the file is to have; null for all. Others are holes, as zeros are.</param>
    /// <param name="progress">Told after each chunk how many bytes of RAM are done, on this thread.</param>
    /// <exception cref="Host.VmmException">It cannot be written; the message says how much room is missing.</exception>
    public static MemoryFileSums Write(GuestRam ram, SparseFile file, DirtyBitmap? only = null, Action<ulong>? progress = null)
    {
        DirtyBitmap touched = TouchedPages.Of(ram);
        only ??= AllOf(ram.Length);
        file.Empty(ram.Length);
        ChunkWriter writer = new(file, CountBoth(touched, only) * DirtyBitmap.PageSize);
        ulong[] sums = new ulong[MemoryChunks.CountOf(ram.Length)];
        for (int chunk = 0; chunk < sums.Length; chunk++)
        {
            ulong offset = (ulong)chunk * MemoryChunks.Size;
            int length = MemoryChunks.LengthOf(chunk, ram.Length);
            ReadOnlySpan<byte> content = new((byte*)ram.Start + offset, length);
            sums[chunk] = writer.Write(offset, content, MemoryChunks.BitsOf(chunk, only), MemoryChunks.BitsOf(chunk, touched));
            progress?.Invoke(offset + (ulong)length);
        }
        return new MemoryFileSums(sums, writer.Written);
    }

    /// <summary>A bitmap with all pages marked.</summary>
    public static DirtyBitmap AllOf(ulong length)
    {
        DirtyBitmap all = new(length);
        all.Mark(0, length);
        return all;
    }

    /// <summary>How many pages are marked in both.</summary>
    public static ulong CountBoth(DirtyBitmap one, DirtyBitmap other)
    {
        ulong count = 0;
        ReadOnlySpan<ulong> others = other.Words;
        ReadOnlySpan<ulong> words = one.Words;
        for (int i = 0; i < words.Length; i++)
            count += (ulong)System.Numerics.BitOperations.PopCount(words[i] & others[i]);
        return count;
    }
}
