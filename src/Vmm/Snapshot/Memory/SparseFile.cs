using Vmm.Host;

namespace Vmm.Snapshot.Memory;

/// <summary>A file with holes, as memory files are: written page by page in any order, and read without touching the holes.</summary>
/// <param name="fd">Open; stays the caller's.</param>
/// <param name="path">Its name, for messages.</param>
internal sealed unsafe class SparseFile(SafeFd fd, string path)
{
    /// <summary>Its name, for messages.</summary>
    public string Path { get; } = path;

    /// <summary>The descriptor.</summary>
    public SafeFd Fd { get; } = fd;

    /// <summary>Its length in bytes.</summary>
    public ulong Length
    {
        get
        {
            Linux.statx_data status = default;
            if (Linux.statx(Fd.Number, "", Linux.AT_EMPTY_PATH, Linux.STATX_BASIC_STATS, &status) < 0)
                throw MemoryFileFault.Reading(Path, Linux.LastError);
            return status.stx_size;
        }
    }

    /// <summary>The same file by a descriptor of its own, which the caller closes.</summary>
    public SparseFile Duplicate() => new(SafeFd.Own(Linux.fcntl(Fd.Number, Linux.F_DUPFD_CLOEXEC, 0), $"fcntl F_DUPFD_CLOEXEC of '{Path}'"), Path);

    /// <summary>Makes it one hole of this length, whatever it was.</summary>
    /// <exception cref="VmmException">It cannot be that long there.</exception>
    public void Empty(ulong length)
    {
        if (Linux.ftruncate(Fd.Number, 0) < 0 || Linux.ftruncate(Fd.Number, (long)length) < 0)
            throw MemoryFileFault.Writing(Path, Linux.LastError, length);
    }

    /// <summary>Writes all of it.</summary>
    /// <param name="offset">Where.</param>
    /// <param name="bytes">What.</param>
    /// <param name="missing">Bytes that are to be written from here on, these among them: for the message.</param>
    public void Write(ulong offset, ReadOnlySpan<byte> bytes, ulong missing)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint count = Linux.pwrite(Fd.Number, start + done, (nuint)(bytes.Length - done), (long)offset + done);
                if (count > 0)
                    done += (int)count;
                else if (count == 0 || !Linux.Interrupted)
                    throw MemoryFileFault.Writing(Path, count == 0 ? Errno.ENOSPC : Linux.LastError, missing - (ulong)done);
            }
        }
    }

    /// <summary>Brings what was written to the storage.</summary>
    public void Sync()
    {
        if (Linux.fdatasync(Fd.Number) < 0)
            throw MemoryFileFault.Writing(Path, Linux.LastError, 0);
    }

    /// <summary>Fills all of it.</summary>
    public void Read(ulong offset, Span<byte> destination)
    {
        fixed (byte* start = destination)
        {
            for (int done = 0; done < destination.Length;)
            {
                nint count = Linux.pread(Fd.Number, start + done, (nuint)(destination.Length - done), (long)offset + done);
                if (count > 0)
                    done += (int)count;
                else if (count == 0)
                    throw MemoryFileFault.Short(Path, offset + (ulong)done, offset + (ulong)destination.Length);
                else if (!Linux.Interrupted)
                    throw MemoryFileFault.Reading(Path, Linux.LastError);
            }
        }
    }

    /// <summary>Finds the next bytes that are no hole; where the file system cannot tell, all of them.</summary>
    /// <param name="from">Where to begin.</param>
    /// <param name="end">Where to stop.</param>
    /// <param name="start">The first of them.</param>
    /// <returns>The byte behind them; <paramref name="end"/> when there are none, and <paramref name="start"/> is that too.</returns>
    public ulong FindData(ulong from, ulong end, out ulong start)
    {
        start = end;
        if (from >= end)
            return end;
        long data = Linux.lseek(Fd.Number, (long)from, Linux.SEEK_DATA);
        if (data < 0 && Linux.LastError == Errno.ENXIO)
            return end;
        if (data < 0)
        {
            start = from;
            return end;
        }
        if ((ulong)data >= end)
            return end;
        start = (ulong)data;
        long hole = Linux.lseek(Fd.Number, data, Linux.SEEK_HOLE);
        return hole < 0 ? end : Math.Min((ulong)hole, end);
    }
}
