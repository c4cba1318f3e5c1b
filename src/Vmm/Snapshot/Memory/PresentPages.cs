using Vmm.Guest.Memory;
using Vmm.Host;

namespace Vmm.Snapshot.Memory;

/// <summary>Makes pages present, or writable, in a system call: there a thread can wait for one of ours while garbage is collected.</summary>
internal sealed class PresentPages : IPageAwaiter
{
    private const ulong PageSize = MemoryLayout.PageSize;

    /// <summary>The only one that is needed.</summary>
    public static readonly PresentPages Instance = new();

    private PresentPages()
    {
    }

    /// <inheritdoc/>
    public void Await(nint host, ulong length, bool write)
    {
        ulong start = (ulong)host & ~(PageSize - 1);
        ulong end = ((ulong)host + length + PageSize - 1) & ~(PageSize - 1);
        int advice = write ? Linux.MADV_POPULATE_WRITE : Linux.MADV_POPULATE_READ;
        while (Linux.madvise((nint)start, (nuint)(end - start), advice) < 0)
        {
            if (Linux.LastError is not (Errno.EAGAIN or Errno.EINTR))
                throw HostException.Last(write ? "madvise MADV_POPULATE_WRITE" : "madvise MADV_POPULATE_READ");
        }
    }
}
