using Vmm.Firmware;
using Vmm.Guest.Memory;
using Vmm.Host;

namespace Vmm.Bench.Exits;

/// <summary>Memory behind the guest's RAM for rows that touch pages, and the thread that serves it where the row says so.</summary>
internal sealed class TouchedPages : IDisposable, IEventHandler
{
    private const int MessagesAtOnce = 4;

    private readonly ExitRow _row;
    private readonly Mapping _mapping;
    private readonly Userfault? _faults;
    private readonly EventLoop? _loop;
    private readonly IDisposable? _watch;

    /// <summary>Maps it.</summary>
    /// <exception cref="VmmException">The host does not allow it.</exception>
    public TouchedPages(ExitRow row, ulong pages)
    {
        _row = row;
        ulong length = pages * row.PageSize;
        // Room to begin at a multiple of the page size.
        _mapping = Mapping.Create(length + row.PageSize, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS | Linux.MAP_NORESERVE);
        nint start = (nint)(((ulong)_mapping.Address + row.PageSize - 1) & ~(row.PageSize - 1));
        Region = new MemoryRegion(new GuestAddress(ExitsLayout.Pages), length, start);
        try
        {
            if (Linux.madvise(start, (nuint)length, row.Pages == PageKind.Huge ? Linux.MADV_HUGEPAGE : Linux.MADV_NOHUGEPAGE) < 0 && row.Pages == PageKind.Huge)
                throw new VmmException($"the host's kernel has no huge pages for this (madvise MADV_HUGEPAGE: {Linux.LastError})");
            if (row.Pages == PageKind.Huge && File.ReadAllText("/sys/kernel/mm/transparent_hugepage/enabled").Contains("[never]", StringComparison.Ordinal))
                throw new VmmException("huge pages are off (/sys/kernel/mm/transparent_hugepage/enabled)");
            if (row.Pages != PageKind.Served)
                return;
            _faults = Userfault.Open("pages that are served", features: 0);
            _faults.Register(start, length, Linux.UFFDIO_REGISTER_MODE_MISSING);
            _loop = new EventLoop("pages");
            _watch = _loop.Add(_faults.Fd, Linux.EPOLLIN, this);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where it lies.</summary>
    public MemoryRegion Region { get; }

    /// <inheritdoc/>
    public unsafe void OnReady(uint events)
    {
        Span<Linux.uffd_msg> messages = stackalloc Linux.uffd_msg[MessagesAtOnce];
        foreach (ref readonly Linux.uffd_msg message in messages[.._faults!.Read(messages)])
            _faults.Place((nint)(message.arg.address & ~(_row.PageSize - 1)), null, _row.PageSize, _row.PageSize);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watch?.Dispose();
        _loop?.Dispose();
        _faults?.Dispose();
        _mapping.Dispose();
    }
}
