using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vmm.Guest.Memory;

/// <summary>
/// The guest's RAM as the host sees it: a few regions, sorted and disjoint. Every access names a guest-physical address
/// and says whether it worked; an address that is not RAM is the guest's fault and therefore a value, not an exception.
/// </summary>
/// <remarks>
/// Guest RAM changes under our hands: copy a structure out once and check the copy (house rule 2). Writers go through
/// <see cref="TryWrite(GuestAddress, ReadOnlySpan{byte})"/>, which marks the pages in <see cref="Dirty"/>, or through a pointer of
/// <see cref="TryGetWritePointer"/>, and then they mark them themselves, when the write is done and before the guest is told.
/// </remarks>
public sealed unsafe partial class GuestMemory
{
    private readonly MemoryRegion[] _regions;
    private readonly ulong[] _offsets;

    /// <summary>Takes the regions of a machine's RAM.</summary>
    /// <exception cref="ArgumentException">A region is empty, wraps at 2⁶⁴ or overlaps another.</exception>
    public GuestMemory(params ReadOnlySpan<MemoryRegion> regions)
    {
        _regions = regions.ToArray();
        Array.Sort(_regions, static (a, b) => a.Start.Value.CompareTo(b.Start.Value));
        _offsets = new ulong[_regions.Length];
        for (int i = 0; i < _regions.Length; i++)
        {
            MemoryRegion region = _regions[i];
            if (region.Size == 0 || region.Size - 1 > ulong.MaxValue - region.Start.Value)
                throw new ArgumentException($"memory region at {region.Start} has the impossible size 0x{region.Size:x}", nameof(regions));
            if (i > 0 && _regions[i - 1].Last.Value >= region.Start.Value)
                throw new ArgumentException($"memory region at {region.Start} overlaps the one before it", nameof(regions));
            _offsets[i] = Size;
            Size += region.Size;
        }
    }

    /// <summary>The regions in ascending order of guest address.</summary>
    public ReadOnlySpan<MemoryRegion> Regions => _regions;

    /// <summary>RAM in all, in bytes.</summary>
    public ulong Size { get; }

    /// <summary>Whether <paramref name="length"/> bytes from <paramref name="address"/> are RAM, in one region.</summary>
    public bool Contains(GuestAddress address, ulong length) => TryFind(address, length, out _);

    /// <summary>Where the host can read <paramref name="length"/> bytes at <paramref name="address"/>; false when they are not RAM of one region.</summary>
    public bool TryGetReadPointer(GuestAddress address, ulong length, out nint host)
    {
        if (TryFind(address, length, out int index))
        {
            ref MemoryRegion region = ref _regions[index];
            host = region.HostBase + (nint)(address.Value - region.Start.Value);
            Await(host, length, write: false);
            return true;
        }
        host = 0;
        return false;
    }

    /// <summary>As <see cref="TryGetReadPointer"/>, for a caller that will write there.</summary>
    public bool TryGetWritePointer(GuestAddress address, ulong length, out nint host)
    {
        if (!TryGetReadPointer(address, length, out host))
            return false;
        Await(host, length, write: true);
        return true;
    }

    /// <summary>
    /// The longest run from <paramref name="address"/>, at most <paramref name="length"/> bytes, that is contiguous in the
    /// host; 0 when the address is not RAM. A buffer that spans two regions is walked run by run.
    /// </summary>
    public ulong GetRun(GuestAddress address, ulong length, out nint host)
    {
        foreach (ref MemoryRegion region in _regions.AsSpan())
        {
            if (!region.Contains(address, 1))
                continue;
            ulong offset = address.Value - region.Start.Value;
            host = region.HostBase + (nint)offset;
            ulong run = Math.Min(length, region.Size - offset);
            Await(host, run, write: false);
            return run;
        }
        host = 0;
        return 0;
    }

    /// <summary>Copies guest bytes out, across adjoining regions; false, with nothing promised about <paramref name="destination"/>, when part of them is not RAM.</summary>
    public bool TryRead(GuestAddress address, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int run = (int)GetRun(address, (ulong)destination.Length, out nint host);
            if (run == 0)
                return false;
            new ReadOnlySpan<byte>((void*)host, run).CopyTo(destination);
            destination = destination[run..];
            if (!address.TryAdd((ulong)run, out address) && !destination.IsEmpty)
                return false;
        }
        return true;
    }

    /// <summary>Copies bytes into the guest, across adjoining regions; false when part of the target is not RAM (what came before it is written).</summary>
    public bool TryWrite(GuestAddress address, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            int run = (int)GetRun(address, (ulong)source.Length, out nint host);
            if (run == 0)
                return false;
            Await(host, (ulong)run, write: true);
            source[..run].CopyTo(new Span<byte>((void*)host, run));
            MarkWritten(host, (ulong)run);
            source = source[run..];
            if (!address.TryAdd((ulong)run, out address) && !source.IsEmpty)
                return false;
        }
        return true;
    }

    /// <summary>Copies one structure out of the guest; false when it is not all RAM.</summary>
    public bool TryRead<T>(GuestAddress address, out T value) where T : unmanaged
    {
        value = default;
        return TryRead(address, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <summary>Copies one structure into the guest; false when it is not all RAM.</summary>
    public bool TryWrite<T>(GuestAddress address, in T value) where T : unmanaged =>
        TryWrite(address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>Fills guest bytes with zero; false when part of the target is not RAM (what came before it is cleared).</summary>
    public bool TryClear(GuestAddress address, ulong length)
    {
        while (length > 0)
        {
            ulong run = GetRun(address, length, out nint host);
            if (run == 0)
                return false;
            Await(host, run, write: true);
            NativeMemory.Clear((void*)host, (nuint)run);
            MarkWritten(host, run);
            length -= run;
            if (!address.TryAdd(run, out address) && length > 0)
                return false;
        }
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryFind(GuestAddress address, ulong length, out int index)
    {
        for (index = 0; index < _regions.Length; index++)
        {
            if (_regions[index].Contains(address, length))
                return true;
        }
        return false;
    }
}
