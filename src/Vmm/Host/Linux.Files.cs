using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>Opening, reading and writing (fcntl.h, unistd.h).</summary>
internal static unsafe partial class Linux
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;

    /// <summary>asm-generic/fcntl.h: with O_DIRECTORY, a file without a name in that folder.</summary>
    public const int O_TMPFILE = 0x410000;
    public const int O_NOCTTY = 0x100;
    public const int O_TRUNC = 0x200;
    public const int O_APPEND = 0x400;
    public const int O_NONBLOCK = 0x800;
    public const int O_DIRECT = 0x4000;
    public const int O_CLOEXEC = 0x80000;
    public const int SEEK_END = 2;
    public const int SEEK_DATA = 3;
    public const int SEEK_HOLE = 4;

    [LibraryImport(LibC, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, uint mode);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint read(int fd, void* buffer, nuint count);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint write(int fd, void* buffer, nuint count);

    [LibraryImport(LibC, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rename(string from, string to);

    /// <summary>linux/fs.h: fails when the new name exists.</summary>
    public const uint RENAME_NOREPLACE = 1;

    /// <summary>linux/fs.h: both exist, and change places.</summary>
    public const uint RENAME_EXCHANGE = 2;

    [LibraryImport(LibC, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int renameat2(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport(LibC, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int link(string from, string to);

    /// <summary>linux/fcntl.h: what a symbolic link leads to.</summary>
    public const int AT_SYMLINK_FOLLOW = 0x400;

    [LibraryImport(LibC, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int linkat(int fromFolder, string from, int toFolder, string to, int flags);

    [LibraryImport(LibC, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int unlink(string path);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int fsync(int fd);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int dup2(int from, int to);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial long lseek(int fd, long offset, int whence);
}
