using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Storage;

/// <summary>Opens a disk image: checks what it is, locks it, and finds out how it wants to be used. Every refusal is one line that names the file.</summary>
internal static unsafe class ImageOpener
{
    /// <summary>The alignment that any file system takes for O_DIRECT, for when it does not say.</summary>
    private const uint SafeAlignment = 4096;

    /// <summary>Opens and locks the image.</summary>
    /// <exception cref="VmmException">It cannot be used; the message says why and what to do.</exception>
    public static ImageFile Open(RawDiskOptions options)
    {
        SafeFd fd = OpenDescriptor(options);
        try
        {
            Linux.statx_data status = Status(fd, options.Path);
            bool isBlockDevice = CheckKind(status.stx_mode & Linux.S_IFMT, options.Path);
            if (isBlockDevice && !options.ReadOnly)
                ClaimDevice(options.Path);
            if (!options.LockLater)
                ImageLock.Take(fd, options, status.stx_ino);
            ImageFacts facts = isBlockDevice ? DeviceFacts(fd, options) : FileFacts(fd, options, status);
            CheckSize(facts);
            return new ImageFile(fd, facts, options);
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    private static SafeFd OpenDescriptor(RawDiskOptions options)
    {
        // O_NONBLOCK: opening a FIFO that nobody writes to must not hang; nothing else here minds it.
        int flags = (options.ReadOnly ? Linux.O_RDONLY : Linux.O_RDWR) | (options.Direct ? Linux.O_DIRECT : 0)
            | Linux.O_CLOEXEC | Linux.O_NOCTTY | Linux.O_NONBLOCK;
        int fd;
        do
            fd = Linux.open(options.Path, flags, 0);
        while (fd < 0 && Linux.Interrupted);
        return fd >= 0 ? new SafeFd(fd) : throw Refuse(options.Path, OpenFailure(options, Linux.LastError));
    }

    private static string OpenFailure(RawDiskOptions options, Errno errno) => errno switch
    {
        Errno.ENOENT => "no such file",
        Errno.ENOTDIR => "a part of the path is not a directory",
        Errno.EISDIR => "is a directory, not a disk image",
        Errno.ENXIO => "is a socket or a device that is not there, not a disk image",
        Errno.ELOOP => "too many symbolic links",
        Errno.EINVAL when options.Direct => "its file system has no direct I/O; leave out direct=on",
        Errno.EROFS => "is on a read-only file system; add readonly=on",
        Errno.EACCES or Errno.EPERM when !options.ReadOnly => "no permission to open it for reading and writing; add readonly=on if reading will do",
        Errno.EACCES or Errno.EPERM => "no permission to read it",
        _ => new HostException("open", errno).Message,
    };

    private static Linux.statx_data Status(SafeFd fd, string path)
    {
        Linux.statx_data status = default;
        uint mask = Linux.STATX_BASIC_STATS | Linux.STATX_DIOALIGN;
        return Linux.statx(fd.Number, "", Linux.AT_EMPTY_PATH, mask, &status) == 0
            ? status
            : throw Refuse(path, HostException.Last("statx").Message);
    }

    private static bool CheckKind(int kind, string path) => kind switch
    {
        Linux.S_IFREG => false,
        Linux.S_IFBLK => true,
        Linux.S_IFDIR => throw Refuse(path, "is a directory, not a disk image"),
        Linux.S_IFIFO => throw Refuse(path, "is a FIFO, not a disk image"),
        Linux.S_IFCHR => throw Refuse(path, "is a character device; a disk is a regular file or a block device"),
        _ => throw Refuse(path, "is neither a regular file nor a block device"),
    };

    /// <summary>O_EXCL on a block device fails while the host has it mounted or made part of another device.</summary>
    private static void ClaimDevice(string path)
    {
        int probe = Linux.open(path, Linux.O_RDWR | Linux.O_EXCL | Linux.O_CLOEXEC | Linux.O_NONBLOCK, 0);
        if (probe < 0)
        {
            throw Refuse(path, Linux.LastError == Errno.EBUSY
                ? "is in use by the host: mounted, or part of another device"
                : HostException.Last("open").Message);
        }
        _ = Linux.close(probe);
    }

    private static ImageFacts FileFacts(SafeFd fd, RawDiskOptions options, in Linux.statx_data status)
    {
        bool known = (status.stx_mask & Linux.STATX_DIOALIGN) != 0 && status.stx_dio_offset_align != 0;
        uint offsetAlignment = !options.Direct ? 1 : known ? status.stx_dio_offset_align : SafeAlignment;
        uint memoryAlignment = !options.Direct ? 1 : known ? status.stx_dio_mem_align : SafeAlignment;
        // Past the end of the file there is nothing to punch: the call only tells whether it is known.
        long beyond = (long)((status.stx_size + (SafeAlignment - 1)) & ~(ulong)(SafeAlignment - 1));
        bool canPunch = !options.ReadOnly
            && Linux.fallocate(fd.Number, Linux.FALLOC_FL_PUNCH_HOLE | Linux.FALLOC_FL_KEEP_SIZE, beyond, SafeAlignment) == 0;
        uint logical = Math.Max(BlockLimits.SectorSize, offsetAlignment);
        return new ImageFacts
        {
            Path = options.Path,
            Size = status.stx_size,
            ReadOnly = options.ReadOnly,
            Direct = options.Direct,
            IsMemoryBacked = IsMemoryBacked(fd),
            CanPunchHoles = canPunch,
            OffsetAlignment = offsetAlignment,
            MemoryAlignment = memoryAlignment,
            // A file system's block: a smaller write to a file that is not cached reads the rest of the block first.
            Limits = new BlockLimits { LogicalBlockSize = logical, PhysicalBlockSize = Math.Max(SafeAlignment, logical), DiscardGranularity = SafeAlignment },
        };
    }

    private static bool IsMemoryBacked(SafeFd fd)
    {
        Linux.statfs_data data = default;
        return Linux.fstatfs(fd.Number, &data) == 0 && (uint)data.f_type is Linux.TMPFS_MAGIC or Linux.RAMFS_MAGIC;
    }

    private static ImageFacts DeviceFacts(SafeFd fd, RawDiskOptions options)
    {
        ulong size = 0;
        uint logical = 0;
        uint physical = 0;
        if (Linux.ioctl(fd.Number, Linux.BLKGETSIZE64, (nint)(&size)) < 0)
            throw Refuse(options.Path, HostException.Last("ioctl BLKGETSIZE64").Message);
        if (Linux.ioctl(fd.Number, Linux.BLKSSZGET, (nint)(&logical)) < 0)
            throw Refuse(options.Path, HostException.Last("ioctl BLKSSZGET").Message);
        if (Linux.ioctl(fd.Number, Linux.BLKPBSZGET, (nint)(&physical)) < 0 || physical < logical)
            physical = logical;
        return new ImageFacts
        {
            Path = options.Path,
            Size = size,
            ReadOnly = options.ReadOnly,
            Direct = options.Direct,
            IsBlockDevice = true,
            CanPunchHoles = !options.ReadOnly,
            OffsetAlignment = options.Direct ? logical : 1,
            MemoryAlignment = options.Direct ? logical : 1,
            Limits = new BlockLimits { LogicalBlockSize = logical, PhysicalBlockSize = physical, DiscardGranularity = physical },
        };
    }

    private static void CheckSize(ImageFacts facts)
    {
        if (facts.Size == 0)
            throw Refuse(facts.Path, $"is empty; give it a size first, such as: truncate -s 10G '{facts.Path}'");
        if (!facts.ReadOnly && facts.Size % facts.OffsetAlignment != 0)
        {
            throw Refuse(facts.Path, $"its size of {facts.Size} bytes is no multiple of {facts.OffsetAlignment}, which writing with direct=on needs; "
                + $"lengthen it (truncate -s %{facts.OffsetAlignment} '{facts.Path}') or leave out direct=on");
        }
    }

    private static VmmException Refuse(string path, string why) => new($"disk '{path}': {why}");
}
