using System.IO.Hashing;
using System.Numerics;
using Vmm.Guest.Memory;

namespace Vmm.Snapshot.Memory;

/// <summary>Writes RAM into a memory file chunk by chunk, zeros as holes, and sums it on the way. For one thread; allocates nothing a chunk.</summary>
/// <param name="file">Empty, of RAM's size.</param>
/// <param name="total">Bytes that are to be written in all, at most: for the message when the disk is full.</param>
internal sealed class ChunkWriter(SparseFile file, ulong total)
{
    private const int PageSize = (int)DirtyBitmap.PageSize;

    private readonly XxHash3 _hash = new();
    private readonly ulong[] _toWrite = new ulong[MemoryChunks.Words];

    /// <summary>Bytes that were written so far.</summary>
    public ulong Written { get; private set; }

    /// <summary>Writes one chunk.</summary>
    /// <param name="offset">Where it lies in RAM.</param>
    /// <param name="content">Its bytes; those of pages that are not touched are not looked at.</param>
    /// <param name="wanted">A bit for each page that the file has.</param>
    /// <param name="touched">A bit for each page that may be other than zeros.</param>
    /// <returns>Its sum.</returns>
    public ulong Write(ulong offset, ReadOnlySpan<byte> content, ReadOnlySpan<ulong> wanted, ReadOnlySpan<ulong> touched)
    {
        int pages = content.Length / PageSize;
        int toWrite = 0, toSum = 0;
        for (int word = 0; word < wanted.Length; word++)
        {
            _toWrite[word] = WithoutZeros(content, word, wanted[word] & touched[word]);
            toWrite += BitOperations.PopCount(_toWrite[word]);
            toSum += BitOperations.PopCount(wanted[word]);
        }
        if (toWrite > 0)
            WriteRuns(offset, content, pages);
        // Whole chunks, by far the most, are summed in one go.
        if (toSum == pages && toWrite == 0)
            return MemoryChunks.SumOfZeros(content.Length);
        if (toSum == pages && toWrite == pages)
            return XxHash3.HashToUInt64(content);
        return Sum(content, pages, wanted);
    }

    private static ulong WithoutZeros(ReadOnlySpan<byte> content, int word, ulong bits)
    {
        for (ulong left = bits; left != 0; left &= left - 1)
        {
            int page = word * 64 + BitOperations.TrailingZeroCount(left);
            if (MemoryChunks.IsZero(content.Slice(page * PageSize, PageSize)))
                bits &= ~(left & (~left + 1));
        }
        return bits;
    }

    private void WriteRuns(ulong offset, ReadOnlySpan<byte> content, int pages)
    {
        for (int page = 0; page < pages;)
        {
            (bool isSet, int end) = MemoryChunks.RunFrom(_toWrite, page, pages);
            if (isSet)
            {
                ReadOnlySpan<byte> run = content[(page * PageSize)..(end * PageSize)];
                file.Write(offset + (ulong)(page * PageSize), run, total - Math.Min(total, Written));
                Written += (ulong)run.Length;
            }
            page = end;
        }
    }

    private ulong Sum(ReadOnlySpan<byte> content, int pages, ReadOnlySpan<ulong> wanted)
    {
        _hash.Reset();
        for (int page = 0; page < pages; page++)
        {
            if (MemoryChunks.IsSet(wanted, page))
                _hash.Append(MemoryChunks.IsSet(_toWrite, page) ? content.Slice(page * PageSize, PageSize) : MemoryChunks.Zeros[..PageSize]);
        }
        return _hash.GetCurrentHashAsUInt64();
    }
}
