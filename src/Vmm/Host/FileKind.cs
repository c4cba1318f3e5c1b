namespace Vmm.Host;

/// <summary>What something in the file system is, links followed.</summary>
internal static unsafe class FileKind
{
    private const ushort Mask = 0xf000;
    private const ushort Regular = 0x8000;

    /// <summary>Whether it is a file with bytes in it, and no device, FIFO, socket or folder (inode(7), S_IFREG).</summary>
    public static bool IsRegular(string path)
    {
        Linux.statx_data status = default;
        return Linux.statx(Linux.AT_FDCWD, path, 0, Linux.STATX_BASIC_STATS, &status) == 0 && (status.stx_mode & Mask) == Regular;
    }
}
