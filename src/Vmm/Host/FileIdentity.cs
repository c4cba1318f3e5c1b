namespace Vmm.Host;

/// <summary>Which file a path leads to, whatever it is called there: links are followed, and two names of one file are equal.</summary>
/// <param name="Device">The file system's number; 0 for a block device, which is the same one by any of its nodes.</param>
/// <param name="Number">The file's number in it, or the block device's own.</param>
/// <param name="Name">Of a file that there is not yet: its name in the folder that the numbers are of.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Number, string? Name)
{
    /// <summary>Finds out.</summary>
    /// <returns>Null for what nobody keeps bytes in (terminals, /dev/null, FIFOs, sockets, folders), and where it cannot be told.</returns>
    public static FileIdentity? Of(string path)
    {
        if (TryStatus(path, out Linux.statx_data status))
            return (status.stx_mode & Linux.S_IFMT) switch
            {
                Linux.S_IFREG => new(DeviceOf(status), status.stx_ino, null),
                Linux.S_IFBLK => new(0, Pair(status.stx_rdev_major, status.stx_rdev_minor), null),
                _ => null,
            };
        string full = Path.GetFullPath(path);
        return Path.GetDirectoryName(full) is string folder && TryStatus(folder, out status)
            ? new(DeviceOf(status), status.stx_ino, Path.GetFileName(full))
            : null;
    }

    private static unsafe bool TryStatus(string path, out Linux.statx_data status)
    {
        status = default;
        fixed (Linux.statx_data* data = &status)
            return Linux.statx(Linux.AT_FDCWD, path, 0, Linux.STATX_BASIC_STATS, data) == 0;
    }

    private static ulong DeviceOf(in Linux.statx_data status) => Pair(status.stx_dev_major, status.stx_dev_minor);

    private static ulong Pair(uint major, uint minor) => ((ulong)major << 32) | minor;
}
