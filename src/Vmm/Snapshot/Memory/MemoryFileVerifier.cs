using System.Buffers.Binary;
using System.IO.Hashing;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Snapshot.Memory;

/// <summary>Reads a memory file through and compares it with its sums.</summary>
internal static class MemoryFileVerifier
{
    /// <summary>Verifies a file.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="size">Bytes that it has to have: the RAM's.</param>
    /// <param name="sums">As <see cref="MemoryFileSums.ToBytes"/> gave them.</param>
    /// <param name="pages">The pages that it has; null for all.</param>
    /// <param name="progress">Told after each chunk how many bytes of RAM are done.</param>
    /// <exception cref="VmmException">It is cut, damaged or not readable.</exception>
    public static void Verify(SparseFile file, ulong size, ReadOnlySpan<byte> sums, DirtyBitmap? pages = null, Action<ulong>? progress = null)
    {
        if (file.Length != size)
            throw MemoryFileFault.Short(file.Path, file.Length, size);
        int count = MemoryChunks.CountOf(size);
        if (sums.Length != count * sizeof(ulong))
            throw new VmmException($"'{Printable.Escape(file.Path)}': there are {sums.Length / sizeof(ulong)} sums for {count} MiB of memory: the snapshot is damaged");
        XxHash3 hash = new();
        byte[] buffer = GC.AllocateUninitializedArray<byte>(MemoryChunks.Size, pinned: true);
        ulong data = 0, dataEnd = 0;
        for (int chunk = 0; chunk < count; chunk++)
        {
            ulong offset = (ulong)chunk * MemoryChunks.Size;
            Span<byte> content = buffer.AsSpan(0, MemoryChunks.LengthOf(chunk, size));
            ulong end = offset + (ulong)content.Length;
            if (dataEnd <= offset && data < size)
                dataEnd = file.FindData(offset, size, out data);
            // All of it in a hole: nothing to read.
            bool isHole = data >= end;
            if (isHole && pages is null)
            {
                Check(file, offset, MemoryChunks.SumOfZeros(content.Length), sums);
            }
            else
            {
                if (isHole)
                    content.Clear();
                else
                    file.Read(offset, content);
                Check(file, offset, pages is null ? XxHash3.HashToUInt64(content) : Sum(hash, content, MemoryChunks.BitsOf(chunk, pages)), sums);
            }
            progress?.Invoke(end);
        }
    }

    private static ulong Sum(XxHash3 hash, ReadOnlySpan<byte> content, ReadOnlySpan<ulong> pages)
    {
        int count = content.Length / (int)DirtyBitmap.PageSize;
        hash.Reset();
        for (int page = 0; page < count;)
        {
            (bool isSet, int end) = MemoryChunks.RunFrom(pages, page, count);
            if (isSet)
                hash.Append(content[(page * (int)DirtyBitmap.PageSize)..(end * (int)DirtyBitmap.PageSize)]);
            page = end;
        }
        return hash.GetCurrentHashAsUInt64();
    }

    private static void Check(SparseFile file, ulong offset, ulong sum, ReadOnlySpan<byte> sums)
    {
        if (BinaryPrimitives.ReadUInt64LittleEndian(sums[(int)(offset / MemoryChunks.Size * sizeof(ulong))..]) != sum)
            throw new VmmException($"'{Printable.Escape(file.Path)}': the memory at {offset >> 20} MiB is not what was saved: the file is damaged; take another snapshot");
    }
}
