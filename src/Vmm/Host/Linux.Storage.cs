using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>Disk images: vectored and positioned I/O, locks, holes, block devices (sys/uio.h, fcntl.h, linux/stat.h, linux/falloc.h, linux/fs.h).</summary>
internal static unsafe partial class Linux
{
    public const int RWF_DSYNC = 2;
    public const int RWF_NOWAIT = 8;

    /// <summary>The most segments that one call takes.</summary>
    public const int IOV_MAX = 1024;

    public const int F_GETFL = 3;
    public const int F_SETFL = 4;
    public const int F_GETFD = 1;
    public const int F_SETFD = 2;
    public const int FD_CLOEXEC = 1;
    public const int F_OFD_GETLK = 36;
    public const int F_OFD_SETLK = 37;
    public const short F_RDLCK = 0;
    public const short F_WRLCK = 1;
    public const short F_UNLCK = 2;

    public const int FALLOC_FL_KEEP_SIZE = 1;
    public const int FALLOC_FL_PUNCH_HOLE = 2;
    public const int FALLOC_FL_ZERO_RANGE = 0x10;

    public const uint BLKSSZGET = 0x1268;
    public const uint BLKDISCARD = 0x1277;
    public const uint BLKPBSZGET = 0x127B;
    public const uint BLKZEROOUT = 0x127F;
    public const uint BLKGETSIZE64 = 0x8008_1272;

    public const int AT_FDCWD = -100;

    /// <summary>statx(2): bytes a block of stx_blocks.</summary>
    public const int StatBlock = 512;
    public const int AT_EMPTY_PATH = 0x1000;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const uint STATX_BASIC_STATS = 0x7FF;
    public const uint STATX_DIOALIGN = 0x2000;
    public const int S_IFMT = 0xF000;
    public const int S_IFIFO = 0x1000;
    public const int S_IFCHR = 0x2000;
    public const int S_IFDIR = 0x4000;
    public const int S_IFBLK = 0x6000;
    public const int S_IFREG = 0x8000;
    public const int S_IFSOCK = 0xC000;

    /// <summary>File systems that live in RAM, where no read or write waits for a device (linux/magic.h).</summary>
    public const uint TMPFS_MAGIC = 0x0102_1994;

    /// <summary>See <see cref="TMPFS_MAGIC"/>.</summary>
    public const uint RAMFS_MAGIC = 0x8584_58F6;

    /// <summary>struct statx as far as it is read here; the size is the kernel's.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct statx_data
    {
        [FieldOffset(0x00)] public uint stx_mask;
        [FieldOffset(0x1C)] public ushort stx_mode;
        [FieldOffset(0x20)] public ulong stx_ino;
        [FieldOffset(0x28)] public ulong stx_size;
        [FieldOffset(0x30)] public ulong stx_blocks;
        [FieldOffset(0x80)] public uint stx_rdev_major;
        [FieldOffset(0x84)] public uint stx_rdev_minor;
        [FieldOffset(0x88)] public uint stx_dev_major;
        [FieldOffset(0x8C)] public uint stx_dev_minor;
        [FieldOffset(0x98)] public uint stx_dio_mem_align;
        [FieldOffset(0x9C)] public uint stx_dio_offset_align;
    }

    /// <summary>struct flock.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct flock
    {
        public short l_type;
        public short l_whence;
        public long l_start;
        public long l_len;
        public int l_pid;
    }

    /// <summary>struct statfs as far as it is read here; the size is the C library's.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    public struct statfs_data
    {
        [FieldOffset(0)] public long f_type;
    }

    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint pread(int fd, void* buffer, nuint count, long offset);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint pwrite(int fd, void* buffer, nuint count, long offset);

    /// <summary><paramref name="segments"/> is an array of struct iovec.</summary>
    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint preadv2(int fd, void* segments, int count, long offset, int flags);

    /// <summary><paramref name="segments"/> is an array of struct iovec.</summary>
    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint pwritev2(int fd, void* segments, int count, long offset, int flags);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int fdatasync(int fd);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int fallocate(int fd, int mode, long offset, long length);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport(LibC, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statx(int directory, string path, int flags, uint mask, statx_data* data);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int fstatfs(int fd, statfs_data* data);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint getrandom(void* buffer, nuint count, uint flags);
}
