using System.Buffers.Binary;
using Vmm.Devices.State;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Inspect;

/// <summary>A split virtqueue in memory, read without taking anything from it. Whatever the driver has put there, it ends.</summary>
internal sealed class QueueRings
{
    private readonly ReadMemory _read;
    private readonly VirtqueueState _queue;

    /// <summary>Reads the rings' heads.</summary>
    /// <param name="read">Reads guest memory.</param>
    /// <param name="queue">Where the queue is, and how far the device has come.</param>
    public QueueRings(ReadMemory read, VirtqueueState queue)
    {
        (_read, _queue) = (read, queue);
        if (!queue.Enabled || queue.Size is 0 or > SplitRingLayout.MaxQueueSize)
            return;
        IsReadable = Read16(queue.Avail, SplitRingLayout.RingFlags, out ushort availFlags) && Read16(queue.Avail, SplitRingLayout.RingIndex, out ushort avail)
            && Read16(queue.Used, SplitRingLayout.RingFlags, out ushort usedFlags) && Read16(queue.Used, SplitRingLayout.RingIndex, out ushort used)
            && Read16(queue.Avail, SplitRingLayout.RingElements + queue.Size * SplitRingLayout.AvailElementSize, out ushort usedEvent)
            && Read16(queue.Used, SplitRingLayout.RingElements + queue.Size * SplitRingLayout.UsedElementSize, out ushort availEvent)
            && Set(availFlags, avail, usedFlags, used, usedEvent, availEvent);
    }

    /// <summary>Whether it is on and its rings are in RAM.</summary>
    public bool IsReadable { get; }

    /// <summary>avail.flags.</summary>
    public ushort AvailFlags { get; private set; }

    /// <summary>avail.idx: how many chains the driver has made available, modulo 65536.</summary>
    public ushort AvailIndex { get; private set; }

    /// <summary>used.flags.</summary>
    public ushort UsedFlags { get; private set; }

    /// <summary>used.idx: how many the device has given back.</summary>
    public ushort UsedIndex { get; private set; }

    /// <summary>used_event: at which used index the driver wants an interrupt.</summary>
    public ushort UsedEvent { get; private set; }

    /// <summary>avail_event: at which available index the device wants a notification.</summary>
    public ushort AvailEvent { get; private set; }

    /// <summary>Chains that the device has not taken.</summary>
    public ushort Waiting => (ushort)(AvailIndex - _queue.Index);

    /// <summary>The chains that the device has not taken, the oldest first.</summary>
    /// <param name="most">How many descriptors at most.</param>
    public IReadOnlyList<IReadOnlyList<WaitingDescriptor>> WaitingChains(int most)
    {
        List<IReadOnlyList<WaitingDescriptor>> chains = [];
        int shown = 0;
        // A driver that claims more than there can be is shown as much as there can be.
        for (int i = 0; i < Math.Min(Waiting, _queue.Size) && shown < most; i++)
        {
            uint slot = (ushort)(_queue.Index + i) % _queue.Size;
            if (!Read16(_queue.Avail, SplitRingLayout.RingElements + slot * SplitRingLayout.AvailElementSize, out ushort head))
                break;
            List<WaitingDescriptor> chain = [];
            Follow(chain, _queue.Descriptors, _queue.Size, head, inTable: false, most - shown);
            shown += chain.Count;
            if (chain.Count > 0)
                chains.Add(chain);
        }
        return chains;
    }

    private void Follow(List<WaitingDescriptor> chain, ulong table, uint size, ushort head, bool inTable, int most)
    {
        ushort index = head;
        Span<byte> bytes = stackalloc byte[(int)SplitRingLayout.DescriptorSize];
        // A chain is no longer than its table: one that is, goes in a circle.
        for (uint i = 0; i < size && chain.Count < most; i++)
        {
            if (index >= size)
            {
                Remark(chain, $"descriptor {index} does not exist: the table has {size}", index, inTable);
                return;
            }
            if (!_read(unchecked(table + (ulong)index * SplitRingLayout.DescriptorSize), bytes))
            {
                Remark(chain, $"descriptor {index} is outside of RAM", index, inTable);
                return;
            }
            WaitingDescriptor d = new(index, inTable, BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
                BinaryPrimitives.ReadUInt16LittleEndian(bytes[12..]), BinaryPrimitives.ReadUInt16LittleEndian(bytes[14..]));
            bool indirect = (d.Flags & SplitRingLayout.VIRTQ_DESC_F_INDIRECT) != 0;
            chain.Add(indirect && inTable ? d with { Remark = "an indirect table in an indirect table" } : d);
            if (indirect)
            {
                uint count = d.Length / SplitRingLayout.DescriptorSize;
                if (!inTable && count > 0)
                    Follow(chain, d.Address, Math.Min(count, SplitRingLayout.MaxQueueSize), 0, inTable: true, most);
                return;
            }
            if ((d.Flags & SplitRingLayout.VIRTQ_DESC_F_NEXT) == 0)
                return;
            index = d.Next;
        }
        if (chain.Count > 0)
            chain[^1] = chain[^1] with { Remark = chain.Count >= most ? "more is not shown" : "the chain goes in a circle" };
    }

    private static void Remark(List<WaitingDescriptor> chain, string what, ushort index, bool inTable)
    {
        if (chain.Count > 0)
            chain[^1] = chain[^1] with { Remark = what };
        else
            chain.Add(new WaitingDescriptor(index, inTable, 0, 0, 0, 0) { Remark = what });
    }

    private bool Set(ushort availFlags, ushort avail, ushort usedFlags, ushort used, ushort usedEvent, ushort availEvent)
    {
        (AvailFlags, AvailIndex, UsedFlags, UsedIndex, UsedEvent, AvailEvent) = (availFlags, avail, usedFlags, used, usedEvent, availEvent);
        return true;
    }

    private bool Read16(ulong ring, ulong offset, out ushort value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        bool done = _read(unchecked(ring + offset), bytes);
        value = done ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : (ushort)0;
        return done;
    }
}
