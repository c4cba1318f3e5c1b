using System.Numerics;
using System.Runtime.CompilerServices;

namespace Vmm.Guest.Memory;

/// <summary>
/// Which pages of RAM were written: a bit for each 4 KiB, by offset in RAM (<see cref="GuestMemory.OffsetOf(GuestAddress)"/>), which is
/// where the page lies in a memory file too. 32 KiB for a GiB. Nothing here allocates but the constructor.
/// </summary>
/// <remarks>
/// <b>Threads.</b> Any thread marks while another harvests. A writer writes first and marks then; a harvester takes the
/// marks first and reads the page then. Both go through an interlocked instruction, which is a full fence, so a write is
/// either in what the harvester reads or marked for the next time. A writer must not skip a bit that is set already: its
/// write may still be on its way while the mark is taken.
/// </remarks>
public sealed class DirtyBitmap
{
    /// <summary>Bytes a bit.</summary>
    public const ulong PageSize = MemoryLayout.PageSize;

    private const int PageShift = 12;
    private const int WordShift = 6;
    private const int WordBits = 1 << WordShift;

    private readonly ulong[] _words;

    /// <summary>Makes one without marks.</summary>
    /// <param name="length">RAM in bytes, a multiple of a page.</param>
    public DirtyBitmap(ulong length)
    {
        if (length == 0 || length % PageSize != 0)
            throw new ArgumentOutOfRangeException(nameof(length), length, "RAM is a multiple of a page");
        Length = length;
        // Pinned: KVM writes its log straight into one.
        _words = GC.AllocateArray<ulong>(checked((int)((PageCount + WordBits - 1) >> WordShift)), pinned: true);
    }

    /// <summary>Bytes of RAM that it covers.</summary>
    public ulong Length { get; }

    /// <summary>Pages that it covers.</summary>
    public ulong PageCount => Length >> PageShift;

    /// <summary>The bits, lowest first; the last word may have some that no page belongs to, which stay 0. For who has the bitmap alone.</summary>
    public Span<ulong> Words => _words;

    /// <summary>Marks every page that has one of the bytes.</summary>
    /// <param name="offset">The first of them.</param>
    /// <param name="length">How many; what lies beyond the end is left out.</param>
    public void Mark(ulong offset, ulong length)
    {
        if (length == 0 || offset >= Length)
            return;
        ulong first = offset >> PageShift;
        ulong last = (offset + Math.Min(length, Length - offset) - 1) >> PageShift;
        ulong word = first >> WordShift;
        ulong lastWord = last >> WordShift;
        ulong mask = ulong.MaxValue << (int)first;
        for (; word < lastWord; word++, mask = ulong.MaxValue)
            Interlocked.Or(ref _words[word], mask);
        Interlocked.Or(ref _words[word], mask & (ulong.MaxValue >> (int)(WordBits - 1 - (last & (WordBits - 1)))));
    }

    /// <summary>Takes the marks off whole pages.</summary>
    /// <param name="offset">The first byte, a multiple of a page.</param>
    /// <param name="length">Bytes, a multiple of a page; within RAM.</param>
    public void Unmark(ulong offset, ulong length)
    {
        ulong end = (offset + length) >> PageShift;
        for (ulong page = offset >> PageShift; page < end;)
        {
            int bit = (int)(page & (WordBits - 1));
            int count = (int)Math.Min(end - page, (ulong)(WordBits - bit));
            Interlocked.And(ref _words[page >> WordShift], ~(ulong.MaxValue >> (WordBits - count) << bit));
            page += (ulong)count;
        }
    }

    /// <summary>Whether the page of a byte is marked.</summary>
    public bool IsMarked(ulong offset) =>
        offset < Length && (Volatile.Read(ref _words[offset >> (PageShift + WordShift)]) >> (int)(offset >> PageShift) & 1) != 0;

    /// <summary>How many pages are marked.</summary>
    public ulong Count()
    {
        ulong count = 0;
        foreach (ulong word in _words)
            count += (ulong)BitOperations.PopCount(word);
        return count;
    }

    /// <summary>Takes all marks off.</summary>
    public void Clear()
    {
        for (int i = 0; i < _words.Length; i++)
            Take(i);
    }

    /// <summary>Moves all marks over to another bitmap, which nobody else uses at the time. Marks that are set meanwhile are moved or stay.</summary>
    /// <param name="into">Covers as much; what it has marked stays so.</param>
    public void MoveTo(DirtyBitmap into)
    {
        ThrowIfNotAlike(into);
        ulong[] target = into._words;
        for (int i = 0; i < target.Length; i++)
            target[i] |= Take(i);
    }

    /// <summary>Marks what is marked in another bitmap. Nobody else uses either at the time.</summary>
    public void Add(DirtyBitmap other)
    {
        ThrowIfNotAlike(other);
        for (int i = 0; i < _words.Length; i++)
            _words[i] |= other._words[i];
    }

    /// <summary>Marks all of each larger page that has a page marked. Nobody else uses it at the time.</summary>
    /// <param name="pageSize">Bytes of a larger page: a power of two of at least 64 pages, of which RAM is a multiple.</param>
    public void Widen(ulong pageSize)
    {
        ulong words = pageSize >> (PageShift + WordShift);
        if (!BitOperations.IsPow2(pageSize) || words == 0 || Length % pageSize != 0)
            throw new ArgumentOutOfRangeException(nameof(pageSize), pageSize, $"RAM of {Length} bytes is not made of pages of that size");
        for (Span<ulong> rest = _words; !rest.IsEmpty; rest = rest[(int)words..])
        {
            if (rest[..(int)words].ContainsAnyExcept(0UL))
                rest[..(int)words].Fill(ulong.MaxValue);
        }
    }

    /// <summary>Finds the next marked pages in a row.</summary>
    /// <param name="from">Where to begin, a multiple of a page. Left behind them.</param>
    /// <param name="start">The first byte of the run.</param>
    /// <param name="length">Its bytes.</param>
    /// <returns>False when there is none any more.</returns>
    public bool TryTakeRun(ref ulong from, out ulong start, out ulong length)
    {
        ulong first = Find(from >> PageShift, 0);
        ulong end = Find(first, ulong.MaxValue);
        (start, length) = (first << PageShift, (end - first) << PageShift);
        from = end << PageShift;
        return length > 0;
    }

    /// <summary>Most words are 0, and looking costs nothing beside taking.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Take(int index) => Volatile.Read(ref _words[index]) == 0 ? 0 : Interlocked.Exchange(ref _words[index], 0);

    /// <summary>The first page from <paramref name="page"/> on whose bit is 1, or 0 when all are flipped; the count of pages when there is none.</summary>
    private ulong Find(ulong page, ulong flip)
    {
        if (page >= PageCount)
            return PageCount;
        ulong index = page >> WordShift;
        ulong word = (_words[index] ^ flip) & (ulong.MaxValue << (int)page);
        while (word == 0)
        {
            if (++index == (ulong)_words.Length)
                return PageCount;
            word = _words[index] ^ flip;
        }
        return Math.Min((index << WordShift) + (ulong)BitOperations.TrailingZeroCount(word), PageCount);
    }

    private void ThrowIfNotAlike(DirtyBitmap other)
    {
        if (other.Length != Length)
            throw new ArgumentException($"a bitmap of {other.Length} bytes of RAM beside one of {Length}", nameof(other));
    }
}
