using System.Numerics;
using Vmm.Devices.Virtio.Spec;
using Vmm.Guest.Memory;

namespace Vmm.Devices.Virtio.Balloon;

/// <summary>
/// Which pages of RAM are in the balloon: one bit each, 32 KiB for a GiB, made when the first page comes. By it a page
/// that is put in twice, or was never in, is told from an honest one, whatever the driver claims.
/// </summary>
internal sealed partial class BalloonPages
{
    private const int WordBits = 64;

    private readonly MemoryRegion[] _regions;
    private readonly long[] _firstPages;
    private readonly long _total;
    private ulong[] _bits = [];

    /// <summary>Begins empty.</summary>
    public BalloonPages(GuestMemory memory)
    {
        _regions = memory.Regions.ToArray();
        _firstPages = new long[_regions.Length];
        for (int i = 0; i < _regions.Length; i++)
        {
            _firstPages[i] = _total;
            _total += PagesOf(i);
        }
    }

    /// <summary>Pages of RAM there are.</summary>
    public long Total => _total;

    /// <summary>Pages in the balloon.</summary>
    public long Count { get; private set; }

    /// <summary>Finds a page of RAM by its guest-physical number; false when there is none.</summary>
    public bool TryFind(uint pfn, out int region, out long page)
    {
        for (region = 0; region < _regions.Length; region++)
        {
            ulong start = _regions[region].Start.Value >> BalloonDevice.VIRTIO_BALLOON_PFN_SHIFT;
            if (pfn >= start && pfn - start < (ulong)PagesOf(region))
            {
                page = _firstPages[region] + (long)(pfn - start);
                return true;
            }
        }
        page = 0;
        return false;
    }

    /// <summary>Puts a page in; false when it was in already.</summary>
    public bool TryAdd(long page)
    {
        if (_bits.Length == 0)
            _bits = new ulong[(_total + WordBits - 1) / WordBits];
        ref ulong word = ref _bits[page / WordBits];
        ulong bit = 1UL << (int)(page % WordBits);
        if ((word & bit) != 0)
            return false;
        word |= bit;
        Count++;
        return true;
    }

    /// <summary>Takes a page out; false when it was not in.</summary>
    public bool TryRemove(long page)
    {
        ulong bit = 1UL << (int)(page % WordBits);
        if (_bits.Length == 0 || (_bits[page / WordBits] & bit) == 0)
            return false;
        _bits[page / WordBits] &= ~bit;
        Count--;
        return true;
    }

    /// <summary>Where the host has a page.</summary>
    public nint HostOf(int region, long page) =>
        _regions[region].HostBase + (nint)((ulong)(page - _firstPages[region]) * BalloonDevice.PageSize);

    /// <summary>
    /// Widens a run to whole units of several pages and shrinks it to those that are complete in the balloon, from the
    /// first such unit on, without a gap.
    /// </summary>
    /// <param name="run">The run. Left behind it is what has still to be looked at.</param>
    /// <param name="unit">Pages in a unit, a power of two.</param>
    /// <returns>Complete units in a row; empty when there are no more.</returns>
    public PageRun TakeWholeUnits(ref PageRun run, long unit)
    {
        long first = _firstPages[run.Region];
        long end = run.First + run.Count;
        long at = first + (run.First - first) / unit * unit;
        long regionEnd = first + PagesOf(run.Region);
        while (at < end && (unit > regionEnd - at || !IsFull(at, unit)))
            at += unit;
        long start = at;
        while (at < end && unit <= regionEnd - at && IsFull(at, unit))
            at += unit;
        run = run with { First = Math.Min(at, end), Count = Math.Max(0, end - at) };
        return new PageRun(run.Region, start, at - start);
    }

    /// <summary>Forgets all pages.</summary>
    public void Clear()
    {
        Array.Clear(_bits);
        Count = 0;
    }

    private long PagesOf(int region) => (long)(_regions[region].Size / BalloonDevice.PageSize);

    private bool IsFull(long page, long count)
    {
        for (long at = page; at < page + count;)
        {
            // A unit's pages lie in whole words but at its ends.
            int skip = (int)(at % WordBits);
            int take = (int)Math.Min(WordBits - skip, page + count - at);
            ulong mask = (take == WordBits ? ulong.MaxValue : (1UL << take) - 1) << skip;
            if (BitOperations.PopCount(_bits[at / WordBits] & mask) != take)
                return false;
            at += take;
        }
        return true;
    }
}
