using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>Keeps account of guest RAM while a guest is being loaded: nothing is put on top of anything else, or outside RAM.</summary>
internal sealed class LoadMap(GuestMemory memory)
{
    /// <summary>The first page stays free: real-mode vectors, and a null pointer should point at nothing of ours.</summary>
    private const ulong FirstUsable = MemoryLayout.PageSize;

    private readonly List<LoadedRange> _ranges = new(8);

    /// <summary>The RAM being filled.</summary>
    public GuestMemory Memory => memory;

    /// <summary>Where RAM below the device hole ends.</summary>
    public ulong LowRamEnd => memory.Regions[0].Start.Value + memory.Regions[0].Size;

    /// <summary>What was claimed, in ascending order.</summary>
    public IReadOnlyList<LoadedRange> Ranges => _ranges;

    /// <summary>Takes a range whose address the image dictates.</summary>
    /// <exception cref="BootException">It is not all RAM, or lies over an earlier range.</exception>
    public void Claim(string image, string name, ulong start, ulong size)
    {
        if (!memory.Contains(new GuestAddress(start), size))
            throw new BootException(image, $"{name}: 0x{size:x} bytes at 0x{start:x} leave RAM ({DescribeRam()})");
        if (size == 0)
            return;
        if (FindOverlap(start, size) is { } other)
            throw new BootException(image, $"{name}: 0x{size:x} bytes at 0x{start:x} overlap {other}");
        Insert(new LoadedRange(name, new GuestAddress(start), size));
    }

    /// <summary>Takes the lowest free place at or above <paramref name="from"/>, out of the BIOS area.</summary>
    public GuestAddress PlaceLow(string image, string name, ulong size, ulong alignment = MemoryLayout.PageSize, ulong from = FirstUsable)
    {
        ulong start = AlignUp(Math.Max(from, FirstUsable), alignment);
        while (start <= LowRamEnd && size <= LowRamEnd - start)
        {
            if (start < MemoryLayout.HighMemoryStart && size > MemoryLayout.EbdaStart - Math.Min(start, MemoryLayout.EbdaStart))
                start = AlignUp(MemoryLayout.HighMemoryStart, alignment);
            else if (FindOverlap(start, size) is { } other)
                start = AlignUp(other.Start.Value + other.Size, alignment);
            else
                return Insert(new LoadedRange(name, new GuestAddress(start), size));
        }
        throw new BootException(image, $"{name}: no room for 0x{size:x} bytes in RAM ({DescribeRam()})");
    }

    /// <summary>Whether <see cref="TryPlaceHigh"/> would find a place.</summary>
    public bool HasRoomBelow(ulong size, ulong limit) => FindHigh(size, limit, MemoryLayout.PageSize) is not null;

    /// <summary>Takes the highest free place of RAM that ends at or below <paramref name="limit"/>; null when there is none.</summary>
    public GuestAddress? TryPlaceHigh(string name, ulong size, ulong limit) =>
        FindHigh(size, limit, MemoryLayout.PageSize) is { } start ? Insert(new LoadedRange(name, new GuestAddress(start), size)) : null;

    /// <summary>RAM in words, for messages.</summary>
    public string DescribeRam() =>
        memory.Size % (1 << 20) == 0 ? $"{memory.Size >> 20} MiB" : $"{memory.Size >> 10} KiB";

    private ulong? FindHigh(ulong size, ulong limit, ulong alignment)
    {
        for (int i = memory.Regions.Length - 1; i >= 0; i--)
        {
            MemoryRegion region = memory.Regions[i];
            ulong floor = Math.Max(region.Start.Value, MemoryLayout.HighMemoryStart);
            ulong end = Math.Min(region.Start.Value + region.Size, limit);
            while (end >= floor && size <= end - floor)
            {
                ulong start = (end - size) & ~(alignment - 1);
                if (start < floor)
                    break;
                if (FindOverlap(start, size) is not { } other)
                    return start;
                end = other.Start.Value;
            }
        }
        return null;
    }

    private LoadedRange? FindOverlap(ulong start, ulong size)
    {
        foreach (LoadedRange range in _ranges)
        {
            // The claimed ranges lie in RAM, so their ends do not wrap; nor does start + size, which was checked or computed.
            if (start < range.Start.Value + range.Size && range.Start.Value < start + size)
                return range;
        }
        return null;
    }

    private GuestAddress Insert(LoadedRange range)
    {
        int at = _ranges.FindIndex(r => r.Start.Value > range.Start.Value);
        _ranges.Insert(at < 0 ? _ranges.Count : at, range);
        return range.Start;
    }

    private static ulong AlignUp(ulong value, ulong alignment) => (value + (alignment - 1)) & ~(alignment - 1);
}
