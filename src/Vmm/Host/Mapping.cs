namespace Vmm.Host;

/// <summary>An owned memory mapping.</summary>
internal sealed unsafe class Mapping : IDisposable
{
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

    /// <inheritdoc/>
    public void Dispose()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address != 0 && Linux.munmap(address, (nuint)Length) < 0)
            throw HostException.Last("munmap");
    }
}
