using System.Runtime.CompilerServices;

namespace Vmm.Guest.Memory;

/// <content>Which of our own writes are recorded, for a snapshot or a migration. KVM records the guest's.</content>
public sealed unsafe partial class GuestMemory
{
    private DirtyBitmap? _dirty;

    /// <summary>Where writes are recorded; null when they are not.</summary>
    public DirtyBitmap? Dirty
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _dirty);
    }

    /// <summary>Records writes from now on. Whatever is not recorded was written, on any thread, before this returns.</summary>
    /// <param name="into">Covers all of RAM.</param>
    public void StartRecording(DirtyBitmap into)
    {
        if (into.Length != Size)
            throw new ArgumentException($"a bitmap of {into.Length} bytes for {Size} bytes of RAM", nameof(into));
        Volatile.Write(ref _dirty, into);
        // Who saw null just now may have its write still in its processor's store buffer.
        Interlocked.MemoryBarrierProcessWide();
        WatchChanged?.Invoke();
    }

    /// <summary>Records no more. A thread that is about to mark something may still do so.</summary>
    public void StopRecording()
    {
        Volatile.Write(ref _dirty, null);
        WatchChanged?.Invoke();
    }

    /// <summary>After a write through a pointer of <see cref="TryGetWritePointer"/> or <see cref="GetRun"/>. Costs a comparison when nothing is recorded.</summary>
    /// <param name="host">Where it went.</param>
    /// <param name="length">Bytes; within one region.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MarkWritten(nint host, ulong length)
    {
        if (Dirty is { } dirty)
            dirty.Mark(OffsetOf(host), length);
    }

    /// <summary>
    /// Where a byte lies in RAM when its regions are put one after the other, as they are in the host's mapping and in a memory
    /// file; <see cref="Size"/> when it is not RAM.
    /// </summary>
    public ulong OffsetOf(GuestAddress address)
    {
        foreach (ref readonly MemoryRegion region in Regions)
        {
            if (region.Contains(address, 1))
                return OffsetOf(region.HostBase + (nint)(address.Value - region.Start.Value));
        }
        return Size;
    }

    /// <summary>The same for a byte that the host has here.</summary>
    public ulong OffsetOf(nint host)
    {
        for (int i = 0; i < _regions.Length; i++)
        {
            ulong distance = unchecked((ulong)(host - _regions[i].HostBase));
            if (distance < _regions[i].Size)
                return _offsets[i] + distance;
        }
        return Size;
    }
}
