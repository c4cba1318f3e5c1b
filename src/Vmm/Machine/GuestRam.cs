using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Snapshot.Memory;

namespace Vmm.Machine;

/// <summary>The guest's RAM: one mapping of the host, laid around the device hole.</summary>
internal sealed class GuestRam : IDisposable
{
    private const ulong HugePageSize = 2UL << 20;

    private readonly Mapping _mapping;

    private readonly List<SparseFile> _backing = [];
    private SparseFile? _lastOverlay;
    private volatile bool _keepsPages;

    private GuestRam(Mapping mapping, SafeFd? file, bool hugepages)
    {
        LostMemory.Watch();
        _mapping = mapping;
        File = file;
        Memory = new GuestMemory(LayOut(mapping.Address, mapping.Length));
        PageSize = hugepages ? HugePageSize : MemoryLayout.PageSize;
        if (file is not null)
            _backing.Add(new SparseFile(file, "memfd:vmm-ram"));
    }

    /// <summary>RAM by guest-physical address.</summary>
    public GuestMemory Memory { get; }

    /// <summary>The memfd behind it; null for anonymous memory.</summary>
    public SafeFd? File { get; }

    /// <summary>Where it begins in this process.</summary>
    public nint Start => _mapping.Address;

    /// <summary>Length in bytes: it is in one piece here, whatever the guest sees.</summary>
    public ulong Length => _mapping.Length;

    /// <summary>The host's pages that it is made of, in bytes: the least that the host can take back.</summary>
    public ulong PageSize { get; }

    /// <summary>Files whose content is behind pages that were not touched: the memfd, or what it was mapped from.</summary>
    public IReadOnlyList<SparseFile> Backing => _backing;

    /// <summary>Whether it is a private mapping of files: writes stay here, and what was not written is theirs.</summary>
    public bool IsMappedFromFile => File is null && _backing.Count > 0;

    /// <summary>Whether no page may be given back to the host for now, for another part of the program counts on what is there.</summary>
    public bool KeepsPages
    {
        get => _keepsPages;
        set => _keepsPages = value;
    }

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
            return new GuestRam(mapping, file, hugepages);
        }
        catch (HostException refused)
        {
            file?.Dispose();
            throw Explain(refused, size, hugepages);
        }
    }

    /// <summary>Maps RAM from a file, privately: a page is read when it is touched, and copied when it is written. Takes no time, whatever the size.</summary>
    /// <param name="file">As long as the RAM. Must not be written or cut while it is mapped; it may be closed.</param>
    /// <exception cref="VmmException">It cannot be mapped.</exception>
    public static GuestRam Map(SparseFile file)
    {
        ulong size = file.Length;
        RefuseMoreThanTheHostHas(size);
        try
        {
            GuestRam ram = new(Mapping.Create(size, Linux.MAP_PRIVATE | Linux.MAP_NORESERVE, file.Fd), file: null, hugepages: false);
            ram._backing.Add(file.Duplicate());
            return ram;
        }
        catch (HostException refused)
        {
            throw new VmmException($"'{file.Path}': the memory cannot be mapped ({refused.Errno}): read it instead, or move it to another file system", cause: refused);
        }
    }

    /// <summary>Maps RAM that another process has, and shares it: what either writes is there for both.</summary>
    /// <param name="file">Its memfd; owned from now on.</param>
    /// <param name="size">Bytes that it must have.</param>
    /// <param name="hugepages">Whether it is made of the host's reserved 2 MiB pages.</param>
    /// <exception cref="VmmException">It is not that long, or not safe to use.</exception>
    public static GuestRam Adopt(SafeFd file, ulong size, bool hugepages)
    {
        try
        {
            // Without the seal, whoever else has it could cut it, and take this process along.
            int seals = Linux.fcntl(file.Number, Linux.F_GET_SEALS, 0);
            if (seals < 0 || (seals & Linux.F_SEAL_SHRINK) == 0)
                throw new VmmException("the memory that came is no memfd that is sealed against being cut: it cannot be shared safely");
            ulong length = new SparseFile(file, "memfd:vmm-ram").Length;
            if (length != size)
                throw new VmmException($"the memory that came has {length} bytes, and the guest has {size}");
            return new GuestRam(Mapping.Create(size, Linux.MAP_SHARED | Linux.MAP_NORESERVE, file), file, hugepages);
        }
        catch (HostException refused)
        {
            file.Dispose();
            throw new VmmException($"the memory that came cannot be mapped ({refused.Errno})", cause: refused);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Maps part of another file over what is there, privately. Before anybody uses the RAM.</summary>
    /// <param name="file">As for <see cref="Map"/>; null for zeros.</param>
    /// <param name="offset">Where, in RAM and in the file.</param>
    /// <param name="length">Whole pages.</param>
    /// <returns>False when the host has no room for another mapping.</returns>
    public bool TryOverlay(SparseFile? file, ulong offset, ulong length)
    {
        int flags = Linux.MAP_PRIVATE | Linux.MAP_NORESERVE | Linux.MAP_FIXED | (file is null ? Linux.MAP_ANONYMOUS : 0);
        if (offset > Length || length > Length - offset
            || Linux.mmap(Start + (nint)offset, (nuint)length, Linux.PROT_READ | Linux.PROT_WRITE, flags, file?.Fd.Number ?? -1, file is null ? 0 : (long)offset) == -1)
            return false;
        if (file is not null && file != _lastOverlay)
            _backing.Add(file.Duplicate());
        _lastOverlay = file ?? _lastOverlay;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mapping.Dispose();
        foreach (SparseFile file in _backing)
            file.Fd.Dispose();
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
        uint flags = Linux.MFD_CLOEXEC | Linux.MFD_ALLOW_SEALING | (hugepages ? Linux.MFD_HUGETLB : 0);
        SafeFd file = SafeFd.Own(Linux.memfd_create("vmm-ram", flags), "memfd_create");
        // Its length is for good: whoever it is handed to can rely on that.
        if (Linux.ftruncate(file.Number, (long)size) == 0 && Linux.fcntl(file.Number, Linux.F_ADD_SEALS, Linux.F_SEAL_SHRINK | Linux.F_SEAL_GROW) == 0)
            return file;
        HostException refused = HostException.Last("ftruncate or sealing of guest memory");
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
