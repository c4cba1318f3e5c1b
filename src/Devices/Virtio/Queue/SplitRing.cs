using System.Runtime.CompilerServices;
using Vmm.Devices.Virtio.Spec;
using Vmm.Guest.Memory;

namespace Vmm.Devices.Virtio.Queue;

/// <summary>
/// The three parts of a live split virtqueue as host pointers, found once when the queue goes live. Every access is to a
/// number that was checked against <see cref="Size"/>, which the guest cannot change any more.
/// </summary>
/// <remarks>
/// Fields are little-endian, as are all hosts that this runs on. The driver on another CPU reads and writes them
/// at the same time: an index is read with acquire and written with release, and where the order of a store and a later
/// load matters (publish, then look whether to interrupt) the caller puts a full fence between them.
/// </remarks>
internal readonly unsafe struct SplitRing
{
    private readonly byte* _descriptors;
    private readonly byte* _avail;
    private readonly byte* _used;
    private readonly uint _mask;
    private readonly GuestMemory _memory;

    private SplitRing(GuestMemory memory, nint descriptors, nint avail, nint used, uint size)
    {
        _memory = memory;
        _descriptors = (byte*)descriptors;
        _avail = (byte*)avail;
        _used = (byte*)used;
        _mask = size - 1;
    }

    public uint Size => _mask + 1;

    /// <summary>Where the parts are, for who uses the ring in the device's place.</summary>
    public (nint Descriptors, nint Avail, nint Used) Places => ((nint)_descriptors, (nint)_avail, (nint)_used);

    /// <summary>Checks the driver's configuration and finds the rings. They may overlap: that harms only the guest.</summary>
    public static RingStatus TryMap(GuestMemory memory, in VirtqueueConfig config, uint maxSize, out SplitRing ring)
    {
        ring = default;
        uint size = config.Size;
        if (size == 0 || size > maxSize || (size & (size - 1)) != 0)
            return RingStatus.BadSize;

        var descriptors = new GuestAddress(config.Descriptors);
        var avail = new GuestAddress(config.Avail);
        var used = new GuestAddress(config.Used);
        if (!descriptors.IsAligned(SplitRingLayout.DescriptorAlignment)
            || !avail.IsAligned(SplitRingLayout.AvailAlignment)
            || !used.IsAligned(SplitRingLayout.UsedAlignment))
            return RingStatus.Misaligned;

        if (!memory.TryGetReadPointer(descriptors, size * SplitRingLayout.DescriptorSize, out nint descriptorHost)
            || !memory.TryGetReadPointer(avail, SplitRingLayout.RingOverhead + size * SplitRingLayout.AvailElementSize, out nint availHost)
            || !memory.TryGetWritePointer(used, SplitRingLayout.RingOverhead + size * SplitRingLayout.UsedElementSize, out nint usedHost))
            return RingStatus.NotRam;

        ring = new SplitRing(memory, descriptorHost, availHost, usedHost, size);
        return RingStatus.Ok;
    }

    /// <summary>Waits for pages of the rings that cannot be touched yet: memory that is saved while the guest runs is not to be written before.</summary>
    public void Await()
    {
        _memory.Await((nint)_descriptors, Size * SplitRingLayout.DescriptorSize, write: false);
        _memory.Await((nint)_avail, SplitRingLayout.RingOverhead + Size * SplitRingLayout.AvailElementSize, write: false);
        _memory.Await((nint)_used, SplitRingLayout.RingOverhead + Size * SplitRingLayout.UsedElementSize, write: true);
    }

    public VirtqDescriptor ReadDescriptor(uint index) => ReadDescriptor(_descriptors + (nuint)index * SplitRingLayout.DescriptorSize);

    /// <summary>Copies a descriptor, each word read exactly once.</summary>
    public static VirtqDescriptor ReadDescriptor(byte* at) =>
        new(Volatile.Read(ref *(ulong*)at), Volatile.Read(ref *(ulong*)(at + sizeof(ulong))));

    public ushort AvailIndex => Volatile.Read(ref Field(_avail, SplitRingLayout.RingIndex));

    public ushort AvailFlags => Volatile.Read(ref Field(_avail, SplitRingLayout.RingFlags));

    public ushort AvailElement(ushort position) =>
        Volatile.Read(ref Field(_avail, SplitRingLayout.RingElements + (position & _mask) * SplitRingLayout.AvailElementSize));

    /// <summary>The driver wants an interrupt once the used index passes this. 2.7.7.</summary>
    public ushort UsedEvent => Volatile.Read(ref Field(_avail, SplitRingLayout.RingElements + Size * SplitRingLayout.AvailElementSize));

    public void WriteUsedElement(ushort position, uint head, uint written)
    {
        // One store: the driver must not look before the index says so, but a torn element helps nobody.
        ulong element = head | (ulong)written << 32;
        byte* at = _used + SplitRingLayout.RingElements + (nuint)(position & _mask) * SplitRingLayout.UsedElementSize;
        Unsafe.WriteUnaligned(at, element);
        _memory.MarkWritten((nint)at, SplitRingLayout.UsedElementSize);
    }

    public void WriteUsedIndex(ushort index) => WriteField(SplitRingLayout.RingIndex, index);

    public void WriteUsedFlags(ushort flags) => WriteField(SplitRingLayout.RingFlags, flags);

    /// <summary>The device wants a notification once the available index passes this. 2.7.10.</summary>
    public void WriteAvailEvent(ushort index) => WriteField(SplitRingLayout.RingElements + Size * SplitRingLayout.UsedElementSize, index);

    private void WriteField(uint offset, ushort value)
    {
        Volatile.Write(ref Field(_used, offset), value);
        _memory.MarkWritten((nint)(_used + offset), sizeof(ushort));
    }

    private static ref ushort Field(byte* ring, uint offset) => ref *(ushort*)(ring + offset);

    private static ref ushort Field(byte* ring, int offset) => ref *(ushort*)(ring + offset);
}
