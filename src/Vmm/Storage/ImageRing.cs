using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Storage;

/// <summary>An image through io_uring.</summary>
/// <remarks>
/// The image is not registered with the ring, which would save little: a ring lets go of its files some time after it is
/// closed, and the image would stay open that long.
/// </remarks>
internal sealed unsafe class ImageRing(IoUring ring, SafeFd image) : IImageRing
{
    /// <inheritdoc/>
    public int Capacity => ring.Capacity;

    /// <inheritdoc/>
    public SafeFd? Ready => ring.Fd;

    /// <inheritdoc/>
    public void Read(HostSegment* segments, int count, ulong offset, ulong tag) =>
        Prepare(Linux.IORING_OP_READV, segments, count, offset, 0, tag);

    /// <inheritdoc/>
    public void Write(HostSegment* segments, int count, ulong offset, int flags, ulong tag) =>
        Prepare(Linux.IORING_OP_WRITEV, segments, count, offset, (uint)flags, tag);

    /// <inheritdoc/>
    public void Sync(ulong tag) => Prepare(Linux.IORING_OP_FSYNC, null, 0, 0, Linux.IORING_FSYNC_DATASYNC, tag);

    /// <inheritdoc/>
    public int Submit() => ring.Submit();

    /// <inheritdoc/>
    public bool TryTake(out ulong tag, out nint result)
    {
        bool taken = ring.TryTake(out tag, out int value);
        result = value;
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose() => ring.Dispose();

    private void Prepare(byte opcode, HostSegment* segments, int count, ulong offset, uint flags, ulong tag) => ring.Prepare(new()
    {
        opcode = opcode,
        fd = image.Number,
        off = offset,
        addr = (ulong)segments,
        len = (uint)count,
        rw_flags = flags,
        user_data = tag,
    });
}
