namespace Vmm.Host;

/// <summary>An owned memory mapping.</summary>
internal sealed unsafe class Mapping : IDisposable
{
    private const uint PageSize = 4096;

    private nint _address;

    private Mapping(nint address, ulong length)
    {
        _address = address;
        Length = length;
    }

    /// <summary>Where it begins in this process.</summary>
    public nint Address => _address;

    /// <summary>Length in bytes.</summary>
    public ulong Length { get; }

    /// <summary>Maps memory, readable and writable.</summary>
    /// <param name="length">Length in bytes, a multiple of the page size.</param>
    /// <param name="flags">MAP_ flags.</param>
    /// <param name="fd">What to map; null for anonymous memory.</param>
    /// <param name="offset">Where in <paramref name="fd"/>, in bytes.</param>
    /// <exception cref="HostException">The kernel refused; ENOMEM when the host has no room.</exception>
    public static Mapping Create(ulong length, int flags, SafeFd? fd = null, long offset = 0)
    {
        nint address = Linux.mmap(0, (nuint)length, Linux.PROT_READ | Linux.PROT_WRITE, flags, fd?.Number ?? -1, offset);
        return address != -1 ? new Mapping(address, length) : throw HostException.Last($"mmap of {length} bytes");
    }

    /// <summary>
    /// How many of its bytes have pages of RAM behind them. Walks the page tables: some 2 ms for each GiB that was touched.
    /// </summary>
    public ulong CountResident()
    {
        const int pagesAtOnce = 1 << 14;
        const ulong step = pagesAtOnce * (ulong)PageSize;
        byte* pages = stackalloc byte[pagesAtOnce];
        ulong resident = 0;
        for (ulong done = 0; done < Length; done += step)
        {
            ulong length = Math.Min(step, Length - done);
            if (Linux.mincore(_address + (nint)done, (nuint)length, pages) < 0)
                throw HostException.Last("mincore");
            foreach (byte page in new ReadOnlySpan<byte>(pages, (int)((length + PageSize - 1) / PageSize)))
                resident += page & 1u;
        }
        return resident * PageSize;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address != 0 && Linux.munmap(address, (nuint)Length) < 0)
            throw HostException.Last("munmap");
    }
}
