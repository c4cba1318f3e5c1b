using Vmm.Devices.Virtio.Spec;
using Vmm.Guest.Memory;

namespace Vmm.Devices.Virtio.Queue;

/// <summary>Follows one chain from its head, through at most one indirect table, and gathers its buffers.</summary>
/// <remarks>
/// Bounded work: a table of n descriptors is left after n steps, and a chain that needs more has a cycle. Each
/// descriptor is copied once and only the copy is looked at.
/// </remarks>
internal readonly unsafe ref struct ChainWalker(GuestMemory memory, in SplitRing ring, DescriptorChain chain, bool indirectAllowed)
{
    private readonly ref readonly SplitRing _ring = ref ring;

    public ChainStatus Walk(ushort head)
    {
        bool outOfRange = false;
        uint index = head;
        for (uint steps = 0; steps < _ring.Size; steps++)
        {
            VirtqDescriptor descriptor = _ring.ReadDescriptor(index);
            if (descriptor.IsIndirect)
                return Finish(WalkIndirect(descriptor, ref outOfRange), outOfRange);
            ChainStatus status = Take(descriptor, ref outOfRange);
            if (status != ChainStatus.Ok)
                return status;
            if (!descriptor.HasNext)
                return Finish(ChainStatus.Ok, outOfRange);
            index = descriptor.Next;
            if (index >= _ring.Size)
                return ChainStatus.NextOutOfRange;
        }
        return ChainStatus.Loop;
    }

    private static ChainStatus Finish(ChainStatus status, bool outOfRange) =>
        status == ChainStatus.Ok && outOfRange ? ChainStatus.OutOfRange : status;

    private ChainStatus WalkIndirect(in VirtqDescriptor table, ref bool outOfRange)
    {
        // 2.7.5.3.1: NEXT beside INDIRECT is forbidden. 2.7.5.3.2: WRITE on the table's own descriptor means nothing.
        uint count = table.Length / SplitRingLayout.DescriptorSize;
        if (!indirectAllowed || table.HasNext || count == 0 || table.Length % SplitRingLayout.DescriptorSize != 0)
            return ChainStatus.BadIndirect;
        if (!memory.TryGetReadPointer(new GuestAddress(table.Address), table.Length, out nint host))
            return ChainStatus.BadIndirect;

        uint index = 0;
        uint limit = Math.Min(count, (uint)ushort.MaxValue + 1);
        for (uint steps = 0; steps < limit; steps++)
        {
            VirtqDescriptor descriptor = SplitRing.ReadDescriptor((byte*)host + (nuint)index * SplitRingLayout.DescriptorSize);
            if (descriptor.IsIndirect)
                return ChainStatus.BadIndirect;
            ChainStatus status = Take(descriptor, ref outOfRange);
            if (status != ChainStatus.Ok)
                return status;
            if (!descriptor.HasNext)
                return ChainStatus.Ok;
            index = descriptor.Next;
            if (index >= count)
                return ChainStatus.NextOutOfRange;
        }
        return ChainStatus.Loop;
    }

    /// <summary>Adds the buffer of one descriptor, split where RAM regions meet.</summary>
    private ChainStatus Take(in VirtqDescriptor descriptor, ref bool outOfRange)
    {
        bool writable = descriptor.IsWritable;
        if (!writable && chain.SawWritable)
            return ChainStatus.ReadableAfterWritable;
        chain.SawWritable = writable;
        if (!chain.TryCount(descriptor.Length, writable))
            return ChainStatus.TooLong;

        var address = new GuestAddress(descriptor.Address);
        uint left = descriptor.Length;
        while (left > 0)
        {
            uint run = GetRun(address, left, writable, out nint host);
            if (run == 0)
            {
                chain.Uncount(left, writable);
                outOfRange = true;
                return ChainStatus.Ok;
            }
            if (!chain.TryAppend(host, run, writable))
                return ChainStatus.TooLong;
            left -= run;
            // A wrap at 2^64 finds no RAM there: nothing may be mapped at the very top, and 0 is not what was meant.
            if (!address.TryAdd(run, out address) && left > 0)
            {
                chain.Uncount(left, writable);
                outOfRange = true;
                return ChainStatus.Ok;
            }
        }
        return ChainStatus.Ok;
    }

    private uint GetRun(GuestAddress address, uint length, bool writable, out nint host)
    {
        bool whole = writable
            ? memory.TryGetWritePointer(address, length, out host)
            : memory.TryGetReadPointer(address, length, out host);
        if (whole)
            return length;
        uint run = (uint)memory.GetRun(address, length, out host);
        if (run > 0 && writable)
            memory.TryGetWritePointer(address, run, out host);
        return run;
    }
}
