using Vmm.Devices.Virtio.Spec;
using Vmm.Guest.Memory;

namespace Vmm.Devices.Virtio.Queue;

/// <summary>
/// Marks all buffers of a chain that a device may have written, when it gives the chain back. All of each: what a device
/// says it has written is only the part without a gap, and a block request's status stands at the end.
/// </summary>
/// <remarks>
/// The chain is followed once more from its head, so that one that was taken before writes were recorded is marked too
/// and nothing is remembered while they are not. The driver may not change it before it has it back (2.7.13); one that does
/// (house rule 2) has other pages marked than were written, and finds old bytes in its own memory after a restore: nobody
/// else's. Bounded as <see cref="ChainWalker"/> is; what is no chain any more is followed as far as it is one.
/// </remarks>
internal readonly unsafe ref struct ChainMarker(GuestMemory memory, in SplitRing ring, DirtyBitmap dirty)
{
    private readonly ref readonly SplitRing _ring = ref ring;

    public void Mark(ushort head)
    {
        uint index = head;
        for (uint steps = 0; steps < _ring.Size && index < _ring.Size; steps++)
        {
            VirtqDescriptor descriptor = _ring.ReadDescriptor(index);
            if (descriptor.IsIndirect)
            {
                MarkIndirect(descriptor);
                return;
            }
            Mark(descriptor);
            if (!descriptor.HasNext)
                return;
            index = descriptor.Next;
        }
    }

    private void MarkIndirect(in VirtqDescriptor table)
    {
        uint count = table.Length / SplitRingLayout.DescriptorSize;
        if (!memory.TryGetReadPointer(new GuestAddress(table.Address), table.Length, out nint host))
            return;
        uint index = 0;
        uint limit = Math.Min(count, (uint)ushort.MaxValue + 1);
        for (uint steps = 0; steps < limit && index < count; steps++)
        {
            VirtqDescriptor descriptor = SplitRing.ReadDescriptor((byte*)host + (nuint)index * SplitRingLayout.DescriptorSize);
            Mark(descriptor);
            if (!descriptor.HasNext)
                return;
            index = descriptor.Next;
        }
    }

    private void Mark(in VirtqDescriptor descriptor)
    {
        var address = new GuestAddress(descriptor.Address);
        ulong left = descriptor.IsWritable ? descriptor.Length : 0;
        while (left > 0)
        {
            ulong run = memory.GetRun(address, left, out nint host);
            if (run == 0)
                return;
            dirty.Mark(memory.OffsetOf(host), run);
            left -= run;
            if (!address.TryAdd(run, out address))
                return;
        }
    }
}
