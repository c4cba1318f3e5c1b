namespace Vmm.Tests.Devices.Virtio.Harness;

/// <summary>A buffer as the driver describes it.</summary>
public readonly record struct GuestBuffer(ulong Address, uint Length, bool Writable = false);

/// <summary>The guest's side of a split virtqueue: three rings in guest RAM, one after the other.</summary>
public sealed class DriverQueue
{
    public const ushort Next = 1;
    public const ushort Write = 2;
    public const ushort Indirect = 4;

    private readonly TestRam _ram;
    private ushort _nextDescriptor;

    public DriverQueue(TestRam ram, ulong start, ushort size)
    {
        _ram = ram;
        Size = size;
        Descriptors = start;
        Avail = start + 16u * size;
        Used = (Avail + 6 + 2u * size + 3) & ~3UL;
    }

    public ushort Size { get; }
    public ulong Descriptors { get; set; }
    public ulong Avail { get; set; }
    public ulong Used { get; set; }
    public ulong End => Used + 6 + 8u * Size;

    public ushort AvailIndex
    {
        get => _ram.Read<ushort>(Avail + 2);
        set => _ram.Write(Avail + 2, value);
    }

    public ushort AvailFlags
    {
        set => _ram.Write(Avail, value);
    }

    public ushort UsedEvent
    {
        set => _ram.Write(Avail + 4 + 2u * Size, value);
    }

    public ushort UsedFlags => _ram.Read<ushort>(Used);
    public ushort UsedIndex => _ram.Read<ushort>(Used + 2);
    public ushort AvailEvent => _ram.Read<ushort>(Used + 4 + 8u * Size);

    public (uint Id, uint Length) UsedElement(int position)
    {
        ulong at = Used + 4 + 8UL * (uint)(position % Size);
        return (_ram.Read<uint>(at), _ram.Read<uint>(at + 4));
    }

    /// <summary>The same queue, seen by a driver whose memory was copied to elsewhere.</summary>
    public DriverQueue On(TestRam ram) => new(ram, Descriptors, Size) { Avail = Avail, Used = Used, _nextDescriptor = _nextDescriptor };

    public void Describe(int index, ulong address, uint length, ushort flags, ushort next = 0) =>
        DescribeAt(Descriptors, index, address, length, flags, next);

    public void DescribeAt(ulong table, int index, ulong address, uint length, ushort flags, ushort next = 0)
    {
        ulong at = table + 16UL * (uint)index;
        _ram.Write(at, address);
        _ram.Write(at + 8, length);
        _ram.Write(at + 12, flags);
        _ram.Write(at + 14, next);
    }

    /// <summary>Puts a head into the available ring and shows it.</summary>
    public void MakeAvailable(ushort head)
    {
        ushort index = AvailIndex;
        _ram.Write(Avail + 4 + 2UL * (uint)(index % Size), head);
        AvailIndex = (ushort)(index + 1);
    }

    /// <summary>Describes a chain in the next free descriptors (round and round) and makes it available.</summary>
    public ushort Add(params ReadOnlySpan<GuestBuffer> buffers)
    {
        ushort head = _nextDescriptor;
        for (int i = 0; i < buffers.Length; i++)
        {
            int index = _nextDescriptor;
            _nextDescriptor = (ushort)((index + 1) % Size);
            bool last = i == buffers.Length - 1;
            ushort flags = (ushort)((last ? 0 : Next) | (buffers[i].Writable ? Write : 0));
            Describe(index, buffers[i].Address, buffers[i].Length, flags, _nextDescriptor);
        }
        MakeAvailable(head);
        return head;
    }

    /// <summary>The same through an indirect table.</summary>
    public ushort AddIndirect(ulong table, params ReadOnlySpan<GuestBuffer> buffers)
    {
        for (int i = 0; i < buffers.Length; i++)
        {
            bool last = i == buffers.Length - 1;
            ushort flags = (ushort)((last ? 0 : Next) | (buffers[i].Writable ? Write : 0));
            DescribeAt(table, i, buffers[i].Address, buffers[i].Length, flags, (ushort)(i + 1));
        }
        ushort head = _nextDescriptor;
        _nextDescriptor = (ushort)((head + 1) % Size);
        Describe(head, table, 16u * (uint)buffers.Length, Indirect);
        MakeAvailable(head);
        return head;
    }
}
