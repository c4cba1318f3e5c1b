using System.IO.Hashing;
using Vmm.Guest.Memory;

namespace Vmm.Snapshot.Memory;

/// <summary>
/// How a memory file is summed: XXH3 (64 bits) of each MiB of RAM, over those of its pages that the file has, in their
/// order, whether they are holes in it or not.
/// </summary>
internal static class MemoryChunks
{
    /// <summary>Bytes of RAM a sum.</summary>
    public const int Size = 1 << 20;

    /// <summary>Pages of a chunk: so many bits are a few whole words of a bitmap.</summary>
    public const int Pages = Size / (int)DirtyBitmap.PageSize;

    /// <summary>Words of a bitmap that are a chunk's.</summary>
    public const int Words = Pages / 64;

    private static readonly byte[] s_zeros = new byte[Size];
    private static readonly ulong s_zeroSum = XxHash3.HashToUInt64(s_zeros);

    /// <summary>A chunk of zeros; shorter at RAM's end.</summary>
    public static ReadOnlySpan<byte> Zeros => s_zeros;

    /// <summary>Makes what sums need, which takes a moment, unless it was made.</summary>
    public static void Prepare() => _ = SumOfZeros(Size);

    /// <summary>How many chunks so much RAM has; the last may be shorter.</summary>
    public static int CountOf(ulong length) => checked((int)((length + Size - 1) / Size));

    /// <summary>How long a chunk is.</summary>
    public static int LengthOf(int chunk, ulong length) => (int)Math.Min(Size, length - (ulong)chunk * Size);

    /// <summary>A chunk's bits; fewer than <see cref="Words"/> at the end.</summary>
    public static ReadOnlySpan<ulong> BitsOf(int chunk, DirtyBitmap pages)
    {
        ReadOnlySpan<ulong> words = pages.Words;
        int start = chunk * Words;
        return words.Slice(start, Math.Min(Words, words.Length - start));
    }

    /// <summary>The sum of a chunk that has all its pages, and all of them are zeros.</summary>
    public static ulong SumOfZeros(int length) => length == Size ? s_zeroSum : XxHash3.HashToUInt64(Zeros[..length]);

    /// <summary>Whether there is nothing but zeros. Vectorised by the framework.</summary>
    public static bool IsZero(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept((byte)0);

    /// <summary>Finds the next pages in a row whose bits are the same.</summary>
    /// <param name="bits">A chunk's.</param>
    /// <param name="first">Where to begin.</param>
    /// <param name="end">The chunk's pages.</param>
    /// <returns>Whether their bits are 1, and the page behind them.</returns>
    public static (bool IsSet, int End) RunFrom(ReadOnlySpan<ulong> bits, int first, int end)
    {
        bool isSet = IsSet(bits, first);
        int at = first + 1;
        while (at < end && IsSet(bits, at) == isSet)
            at++;
        return (isSet, at);
    }

    /// <summary>Whether a page's bit is 1.</summary>
    public static bool IsSet(ReadOnlySpan<ulong> bits, int page) => (bits[page / 64] >> (page % 64) & 1) != 0;
}
