namespace Vmm.Host;

/// <summary>What something in the file system is, links followed.</summary>
internal static unsafe class FileKind
{
    /// <summary>Whether it is a file with bytes in it, and no device, FIFO, socket or folder (inode(7), S_IFREG).</summary>
    public static bool IsRegular(string path)
    {
        Linux.statx_data status = default;
        return Linux.statx(Linux.AT_FDCWD, path, 0, Linux.STATX_BASIC_STATS, &status) == 0 && (status.stx_mode & Linux.S_IFMT) == Linux.S_IFREG;
    }
}
