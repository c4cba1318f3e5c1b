using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Storage;

/// <summary>An image in the host's file system or on a block device, open and locked. See <see cref="ImageOpener"/>.</summary>
internal sealed unsafe class ImageFile(SafeFd fd, ImageFacts facts) : IImageFile
{
    /// <inheritdoc/>
    public ImageFacts Facts { get; } = facts;

    /// <inheritdoc/>
    public nint Read(BlockSegment* segments, int count, ulong offset, int flags) =>
        Result(Linux.preadv2(fd.Number, segments, count, (long)offset, flags));

    /// <inheritdoc/>
    public nint Write(BlockSegment* segments, int count, ulong offset, int flags) =>
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

    /// <summary>Closes the image and so lets go of its lock.</summary>
    public void Dispose() => fd.Dispose();

    private static nint Result(nint result) => result >= 0 ? result : -(nint)(int)Linux.LastError;
}
