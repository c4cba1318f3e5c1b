using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Snapshot.Memory;

/// <summary>What to tell a user when a memory file cannot be written or read.</summary>
internal static class MemoryFileFault
{
    /// <summary>A write or a sync failed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="errno">Why.</param>
    /// <param name="missing">Bytes that were still to come, at most.</param>
    public static VmmException Writing(string path, Errno errno, ulong missing)
    {
        string what = $"'{Printable.Escape(path)}': the memory cannot be written ({errno})";
        return new VmmException(errno switch
        {
            Errno.ENOSPC => $"{what}: up to {MiB(missing)} MiB more are needed: free as much, or choose another folder",
            Errno.EDQUOT => $"{what}: up to {MiB(missing)} MiB more than the user's quota are needed: have it raised, or choose another folder",
            Errno.EFBIG => $"{what}: the file would be larger than its file system or the user's limit (ulimit -f) allows: choose another folder, or raise the limit",
            Errno.EIO => $"{what}: the storage is failing: choose another folder, and see the host's kernel log",
            _ => $"{what}: choose another folder",
        }, cause: new HostException("write", errno));
    }

    /// <summary>A read failed.</summary>
    public static VmmException Reading(string path, Errno errno) => new(errno == Errno.EIO
        ? $"'{Printable.Escape(path)}': the memory cannot be read (EIO): the storage is failing; see the host's kernel log, or take another snapshot"
        : $"'{Printable.Escape(path)}': the memory cannot be read ({errno})", cause: new HostException("read", errno));

    /// <summary>It ends before its time.</summary>
    public static VmmException Short(string path, ulong size, ulong expected) => new(
        $"'{Printable.Escape(path)}': the memory file has {size} bytes where the machine's memory has {expected}: it was cut, or belongs to another snapshot");

    private static ulong MiB(ulong bytes) => (bytes + (1 << 20) - 1) >> 20;
}
