namespace Vmm.Host;

/// <summary>
/// A ring of the kernel's for reads, writes and syncs that complete later: many are started by one system call, and
/// what is complete is taken without any. For one thread.
/// </summary>
internal sealed unsafe class IoUring : IDisposable
{
    /// <summary>
    /// Linux 5.5: both rings in one mapping, no completion is ever lost, and what an entry points to has been read when
    /// the call that submits it returns.
    /// </summary>
    private const uint NeededFeatures = Linux.IORING_FEAT_SINGLE_MMAP | Linux.IORING_FEAT_NODROP | Linux.IORING_FEAT_SUBMIT_STABLE;

    private readonly SafeFd _fd;
    private readonly Mapping _rings;
    private readonly Mapping _entries;
    private readonly Linux.io_uring_sqe* _sqes;
    private readonly Linux.io_uring_cqe* _cqes;
    private readonly uint* _sqHead;
    private readonly uint* _sqTail;
    private readonly uint* _cqHead;
    private readonly uint* _cqTail;
    private readonly uint _sqMask;
    private readonly uint _cqMask;
    private uint _tail;

    private IoUring(SafeFd fd, in Linux.io_uring_params ring)
    {
        _fd = fd;
        ulong submission = ring.sq_off.array + ring.sq_entries * sizeof(uint);
        ulong completion = ring.cq_off.cqes + ring.cq_entries * (ulong)sizeof(Linux.io_uring_cqe);
        int flags = Linux.MAP_SHARED | Linux.MAP_POPULATE;
        _rings = Mapping.Create(Math.Max(submission, completion), flags, fd, Linux.IORING_OFF_SQ_RING);
        _entries = Mapping.Create(ring.sq_entries * (ulong)sizeof(Linux.io_uring_sqe), flags, fd, Linux.IORING_OFF_SQES);
        byte* rings = (byte*)_rings.Address;
        _sqes = (Linux.io_uring_sqe*)_entries.Address;
        _cqes = (Linux.io_uring_cqe*)(rings + ring.cq_off.cqes);
        _sqHead = (uint*)(rings + ring.sq_off.head);
        _sqTail = (uint*)(rings + ring.sq_off.tail);
        _cqHead = (uint*)(rings + ring.cq_off.head);
        _cqTail = (uint*)(rings + ring.cq_off.tail);
        _sqMask = *(uint*)(rings + ring.sq_off.ring_mask);
        _cqMask = *(uint*)(rings + ring.cq_off.ring_mask);
        // The array says which entry comes next; here always the next one.
        uint* array = (uint*)(rings + ring.sq_off.array);
        for (uint i = 0; i < ring.sq_entries; i++)
            array[i] = i;
        _tail = *_sqTail;
        Capacity = (int)ring.sq_entries;
    }

    /// <summary>The ring; readable as long as something is complete that was not taken.</summary>
    public SafeFd Fd => _fd;

    /// <summary>Entries that can be prepared before the next <see cref="Submit"/>; as many in flight never overflow the ring.</summary>
    public int Capacity { get; }

    /// <summary>Makes a ring; null where the host has none to give: an old kernel, one that forbids it, no memory or descriptor left.</summary>
    /// <param name="entries">A power of two.</param>
    public static IoUring? TryCreate(uint entries)
    {
        Linux.io_uring_params ring = default;
        long number = Linux.syscall(Linux.SYS_io_uring_setup, entries, (nint)(&ring), 0, 0);
        if (number < 0)
            return null;
        SafeFd fd = new((int)number);
        try
        {
            if ((ring.features & NeededFeatures) == NeededFeatures)
                return new IoUring(fd, ring);
        }
        catch (HostException)
        {
            // No memory to map it: as good as none.
        }
        fd.Dispose();
        return null;
    }

    /// <summary>Prepares one operation, which starts with <see cref="Submit"/>. Not more than <see cref="Capacity"/> at a time.</summary>
    public void Prepare(in Linux.io_uring_sqe entry)
    {
        _sqes[_tail & _sqMask] = entry;
        _tail++;
    }

    /// <summary>Starts what is prepared. What the kernel has no room for is forgotten, the last ones first.</summary>
    /// <returns>How many were started.</returns>
    public int Submit()
    {
        uint prepared = _tail - *_sqTail;
        Volatile.Write(ref *_sqTail, _tail);
        uint started = 0;
        while (started < prepared)
        {
            long result = Linux.syscall6(Linux.SYS_io_uring_enter, _fd.Number, (nint)(prepared - started), 0, 0, 0, 0);
            if (result > 0)
                started += (uint)result;
            else if (result == 0 || !Linux.Interrupted)
                break;
        }
        // The kernel reads entries only within that call: what it left behind it has not seen.
        _tail = Volatile.Read(ref *_sqHead);
        Volatile.Write(ref *_sqTail, _tail);
        return (int)started;
    }

    /// <summary>Takes the next that is complete.</summary>
    /// <param name="tag">The entry's user_data.</param>
    /// <param name="result">As of the system call: a count, 0, or an error number below 0.</param>
    public bool TryTake(out ulong tag, out int result)
    {
        uint head = *_cqHead;
        if (head == Volatile.Read(ref *_cqTail))
        {
            (tag, result) = (0, 0);
            return false;
        }
        Linux.io_uring_cqe* entry = &_cqes[head & _cqMask];
        (tag, result) = (entry->user_data, entry->res);
        Volatile.Write(ref *_cqHead, head + 1);
        return true;
    }

    /// <summary>Gives the ring back. Nothing may be in flight.</summary>
    public void Dispose()
    {
        _entries.Dispose();
        _rings.Dispose();
        _fd.Dispose();
    }
}
