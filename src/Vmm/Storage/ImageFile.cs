using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Storage;

/// <summary>An image in the host's file system or on a block device, open and locked. See <see cref="ImageOpener"/>.</summary>
internal sealed unsafe class ImageFile(SafeFd fd, ImageFacts facts, RawDiskOptions options) : IImageFile
{
    /// <summary>Requests in flight in a ring: as many as keep a fast disk busy. More wait their turn.</summary>
    private const uint RingEntries = 128;

    /// <inheritdoc/>
    public ImageFacts Facts { get; } = facts;

    /// <inheritdoc/>
    public nint Read(HostSegment* segments, int count, ulong offset, int flags) =>
        Result(Linux.preadv2(fd.Number, segments, count, (long)offset, flags));

    /// <inheritdoc/>
    public nint Write(HostSegment* segments, int count, ulong offset, int flags) =>
        Result(Linux.pwritev2(fd.Number, segments, count, (long)offset, flags));

    /// <inheritdoc/>
    public nint Sync() => Result(Linux.fdatasync(fd.Number));

    /// <inheritdoc/>
    public nint Allocate(int mode, ulong offset, ulong length) =>
        Result(Linux.fallocate(fd.Number, mode | Linux.FALLOC_FL_KEEP_SIZE, (long)offset, (long)length));

    /// <inheritdoc/>
    public nint RangeControl(uint request, ulong offset, ulong length)
    {
        // linux/fs.h: the argument is u64 range[2], start and length in bytes.
        ulong* range = stackalloc ulong[2] { offset, length };
        return Result(Linux.ioctl(fd.Number, request, (nint)range));
    }

    /// <inheritdoc/>
    public IImageRing? TryOpenRing()
    {
        if (IoUring.TryCreate(RingEntries) is not { } ring)
            return null;
        // O_NONBLOCK, which only opening needed, makes a ring give up where it would have to wait.
        int flags = Linux.fcntl(fd.Number, Linux.F_GETFL, 0);
        if (flags >= 0)
            _ = Linux.fcntl(fd.Number, Linux.F_SETFL, flags & ~Linux.O_NONBLOCK);
        return new ImageRing(ring, fd);
    }

    /// <inheritdoc/>
    public void Lock()
    {
        Linux.statx_data status = default;
        if (Linux.statx(fd.Number, "", Linux.AT_EMPTY_PATH, Linux.STATX_BASIC_STATS, &status) < 0)
            throw HostException.Last("statx");
        ImageLock.Take(fd, options, status.stx_ino);
    }

    /// <inheritdoc/>
    public void Unlock()
    {
        Linux.flock whole = new() { l_type = Linux.F_UNLCK };
        _ = Linux.fcntl(fd.Number, Linux.F_OFD_SETLK, (nint)(&whole));
    }

    /// <summary>Closes the image and so lets go of its lock.</summary>
    public void Dispose()
    {
        // By hand, as a request that a ring has just completed may hold the file for a moment longer.
        Unlock();
        fd.Dispose();
    }

    private static nint Result(nint result) => result >= 0 ? result : -(nint)(int)Linux.LastError;
}
