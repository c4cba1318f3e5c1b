namespace Vmm.Host;

/// <summary>Small files of /proc, which the kernel writes when they are read.</summary>
internal static unsafe class ProcFile
{
    /// <summary>Reads a file's beginning, in one call: the kernel's answer to it is of one moment.</summary>
    /// <returns>How many bytes; 0 when there is no such file, for instance because the thread it tells of has ended.</returns>
    public static int Read(string path, Span<byte> text)
    {
        int fd = Linux.open(path, Linux.O_RDONLY | Linux.O_CLOEXEC, 0);
        if (fd < 0)
            return 0;
        using SafeFd file = new(fd);
        fixed (byte* start = text)
            return (int)Math.Max(0, Linux.read(fd, start, (nuint)text.Length));
    }
}
