using Vmm.Guest.Memory;
using Vmm.Host;

namespace Vmm.Machine;

/// <summary>The guest's RAM: one mapping of the host, laid around the device hole.</summary>
internal sealed class GuestRam : IDisposable
{
    private const ulong HugePageSize = 2UL << 20;

    private readonly Mapping _mapping;

    private GuestRam(Mapping mapping, SafeFd? file, GuestMemory memory)
    {
        _mapping = mapping;
        File = file;
        Memory = memory;
    }

    /// <summary>RAM by guest-physical address.</summary>
    public GuestMemory Memory { get; }

    /// <summary>The memfd behind it; null for anonymous memory.</summary>
    public SafeFd? File { get; }

    /// <summary>Bytes that have pages of the host behind them. Not after it was disposed.</summary>
    public ulong CountResident() => _mapping.CountResident();

    /// <summary>Maps a guest's RAM. Pages come when they are touched, unless <paramref name="prefault"/>.</summary>
    /// <param name="size">Bytes; a multiple of 4 KiB, of 2 MiB with huge pages.</param>
    /// <param name="shared">Back it with a memfd, so that another process can map it.</param>
    /// <param name="hugepages">Back it with the host's reserved 2 MiB pages.</param>
    /// <param name="prefault">Take all of it now, and fail now when the host has not got it.</param>
    /// <exception cref="VmmException">The host has not got that much; the message says what to do.</exception>
    public static GuestRam Create(ulong size, bool shared = false, bool hugepages = false, bool prefault = false)
    {
        if (hugepages && size % HugePageSize != 0)
            throw new VmmException($"--memory: {size} bytes cannot be had in huge pages: the size must be a multiple of 2M");
        RefuseMoreThanTheHostHas(size);
        SafeFd? file = null;
        try
        {
            file = shared ? OpenFile(size, hugepages) : null;
            int flags = file is null ? Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS : Linux.MAP_SHARED;
            if (!prefault && !hugepages)
                flags |= Linux.MAP_NORESERVE;
            if (hugepages && file is null)
                flags |= Linux.MAP_HUGETLB;
            Mapping mapping = Mapping.Create(size, flags, file);
            if (prefault)
                Populate(mapping);
            return new GuestRam(mapping, file, new GuestMemory(LayOut(mapping.Address, size)));
        }
        catch (HostException refused)
        {
            file?.Dispose();
            throw Explain(refused, size, hugepages);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mapping.Dispose();
        File?.Dispose();
    }

    private static MemoryRegion[] LayOut(nint host, ulong size)
    {
        (ulong low, ulong high) = MemoryLayout.Split(size);
        MemoryRegion below = new(GuestAddress.Zero, low, host);
        return high == 0
            ? [below]
            : [below, new MemoryRegion(new GuestAddress(MemoryLayout.HighRamStart), high, host + (nint)low)];
    }

    private static SafeFd OpenFile(ulong size, bool hugepages)
    {
        uint flags = Linux.MFD_CLOEXEC | (hugepages ? Linux.MFD_HUGETLB : 0);
        SafeFd file = SafeFd.Own(Linux.memfd_create("vmm-ram", flags), "memfd_create");
        if (Linux.ftruncate(file.Number, (long)size) == 0)
            return file;
        HostException refused = HostException.Last("ftruncate of guest memory");
        file.Dispose();
        throw refused;
    }

    private static void Populate(Mapping mapping)
    {
        if (Linux.madvise(mapping.Address, (nuint)mapping.Length, Linux.MADV_POPULATE_WRITE) == 0)
            return;
        HostException refused = HostException.Last("madvise MADV_POPULATE_WRITE");
        mapping.Dispose();
        throw refused;
    }

    /// <summary>Memory comes when it is touched, so the kernel would promise any amount; a guest that trusts it would be killed later.</summary>
    public static unsafe void RefuseMoreThanTheHostHas(ulong size)
    {
        Linux.sysinfo host;
        if (Linux.read_sysinfo(&host) < 0)
            return;
        ulong ram = host.totalram * host.mem_unit;
        ulong swap = host.totalswap * host.mem_unit;
        if (size > ram + swap)
            throw new VmmException($"--memory: {size >> 20} MiB is more than this host has ({ram >> 20} MiB of RAM, {swap >> 20} MiB of swap): use less");
    }

    private static VmmException Explain(HostException refused, ulong size, bool hugepages)
    {
        string what = $"--memory: the host cannot give {size >> 20} MiB ({refused.Errno})";
        return new VmmException(hugepages
            ? $"{what} in huge pages: reserve them first (sudo sysctl vm.nr_hugepages={size / HugePageSize})"
            : $"{what}: use less, or stop something", cause: refused);
    }
}
