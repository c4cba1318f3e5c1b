using System.Globalization;
using Vmm.Host;

namespace Vmm.Storage;

/// <summary>
/// Keeps one image from being opened twice: many readers, or one writer. The lock (F_OFD_SETLK) belongs to the open
/// file, not the process, so it also holds between two disks of one machine, and it ends with the descriptor.
/// </summary>
internal static unsafe class ImageLock
{
    /// <summary>The byte that a console's lock is on, far beyond any file's end; a disk's is on all of them.</summary>
    private const long ConsoleByte = 1L << 62;

    /// <summary>Locks the whole file.</summary>
    /// <param name="fd">The image, open; it holds the lock from now on.</param>
    /// <param name="options">What the user asked for.</param>
    /// <param name="inode">The file's number, to find who else has it.</param>
    /// <exception cref="VmmException">Someone else has it, or the file system cannot lock.</exception>
    public static void Take(SafeFd fd, RawDiskOptions options, ulong inode)
    {
        Linux.flock whole = new() { l_type = options.ReadOnly ? Linux.F_RDLCK : Linux.F_WRLCK };
        if (Linux.fcntl(fd.Number, Linux.F_OFD_SETLK, (nint)(&whole)) == 0)
            return;
        Errno errno = Linux.LastError;
        if (errno is Errno.EAGAIN or Errno.EACCES)
            throw new VmmException($"disk '{options.Path}': image is in use{Holder(inode)}; {Remedy(options)}");
        // Readers do each other no harm, so a file system without locks will do for them.
        if (!options.ReadOnly)
            throw new VmmException($"disk '{options.Path}': its file system cannot lock it against a second user ({new HostException("fcntl F_OFD_SETLK", errno).Message}); use readonly=on or another file system");
    }

    /// <summary>Marks a file as a machine's console by a lock on one byte, which keeps it from being a disk, too. A device or FIFO is not marked: it is nobody's alone.</summary>
    /// <param name="fd">The file, open for writing; it holds the lock from now on.</param>
    public static void TryTakeForConsole(SafeFd fd)
    {
        Linux.statx_data status = default;
        if (Linux.statx(fd.Number, "", Linux.AT_EMPTY_PATH, Linux.STATX_BASIC_STATS, &status) != 0 || (status.stx_mode & Linux.S_IFMT) != Linux.S_IFREG)
            return;
        Linux.flock mark = new() { l_type = Linux.F_WRLCK, l_start = ConsoleByte, l_len = 1 };
        _ = Linux.fcntl(fd.Number, Linux.F_OFD_SETLK, (nint)(&mark));
    }

    /// <summary>Whether anybody else has a lock on a file: a disk that is in use, of this machine or another, or another machine's console.</summary>
    /// <param name="fd">The file, open.</param>
    /// <param name="holder">Who: <c> by process 7 (vmm)</c>, or nothing where that cannot be told.</param>
    /// <param name="isConsole">Whether it is a console.</param>
    public static bool IsHeld(SafeFd fd, out string holder, out bool isConsole)
    {
        (holder, isConsole) = ("", false);
        Linux.flock whole = new() { l_type = Linux.F_WRLCK };
        if (Linux.fcntl(fd.Number, Linux.F_OFD_GETLK, (nint)(&whole)) != 0 || whole.l_type == Linux.F_UNLCK)
            return false;
        isConsole = whole.l_start == ConsoleByte && whole.l_len == 1;
        Linux.statx_data status = default;
        if (Linux.statx(fd.Number, "", Linux.AT_EMPTY_PATH, Linux.STATX_BASIC_STATS, &status) == 0)
            holder = Holder(status.stx_ino);
        return true;
    }

    private static string Remedy(RawDiskOptions options) => options.ReadOnly
        ? "it can be shared only while everyone has it with readonly=on"
        : "end the other user first, or share it with readonly=on on both sides";

    /// <summary>
    /// Who holds a lock on the file, as well as that can be told: such locks have no owner in /proc/locks, but show in
    /// the fdinfo of the descriptor that has them.
    /// </summary>
    private static string Holder(ulong inode)
    {
        try
        {
            string mark = string.Create(CultureInfo.InvariantCulture, $":{inode} ");
            // Ourselves first: a child that has not begun its own program yet has our descriptors too.
            foreach (string process in Directory.EnumerateDirectories("/proc").Prepend($"/proc/{Environment.ProcessId}"))
            {
                if (int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out int pid) && HasLock(process, mark))
                    return $" by process {pid} ({File.ReadAllText($"{process}/comm").Trim()})";
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
        }
        return "";
    }

    private static bool HasLock(string process, string mark)
    {
        try
        {
            foreach (string info in Directory.EnumerateFiles($"{process}/fdinfo"))
            {
                foreach (string line in File.ReadLines(info))
                {
                    if (line.StartsWith("lock:", StringComparison.Ordinal) && line.Contains(mark, StringComparison.Ordinal))
                        return true;
                }
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // Another user's process, or one that has just ended.
        }
        return false;
    }
}
