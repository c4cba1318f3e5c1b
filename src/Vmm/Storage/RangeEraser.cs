using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Storage;

/// <summary>Discards and zeroes ranges of an image by the cheapest way that it has; writing zeros is the last resort.</summary>
internal sealed class RangeEraser(IImageFile file, ImageTransfer transfer) : IDisposable
{
    private const uint ZeroBufferSize = 1 << 20;

    private readonly Lock _gate = new();
    private Mapping? _zeros;
    private ZeroWrite? _write;

    /// <summary>Does all ranges of a request, in order, up to the first that fails.</summary>
    public BlockStatus Run(BlockRequest request)
    {
        foreach (ref readonly BlockRange range in request.Ranges)
        {
            BlockStatus status = request.Operation == BlockOperation.Discard ? Discard(range) : WriteZeroes(range);
            if (status != BlockStatus.Ok)
                return status;
        }
        return request.Durable && request.Operation == BlockOperation.WriteZeroes ? transfer.Flush() : BlockStatus.Ok;
    }

    /// <inheritdoc/>
    public void Dispose() => _zeros?.Dispose();

    private BlockStatus Discard(in BlockRange range)
    {
        nint result;
        do
        {
            result = file.Facts.IsBlockDevice
                ? file.RangeControl(Linux.BLKDISCARD, range.Offset, range.Length)
                : file.Allocate(Linux.FALLOC_FL_PUNCH_HOLE, range.Offset, range.Length);
        }
        while (-result == (int)Errno.EINTR);
        return (Errno)(-result) switch
        {
            Errno.None => BlockStatus.Ok,
            Errno.EOPNOTSUPP => BlockStatus.Unsupported,
            // A device refuses what is not aligned to its blocks; a discard is a wish, and may be left undone.
            Errno.EINVAL when file.Facts.IsBlockDevice => BlockStatus.Ok,
            Errno errno => transfer.Fail(BlockOperation.Discard, errno),
        };
    }

    private BlockStatus WriteZeroes(in BlockRange range)
    {
        Errno errno = range.MayUnmap ? Try(Linux.FALLOC_FL_PUNCH_HOLE, range) : Errno.EOPNOTSUPP;
        if (CannotDo(errno))
            errno = Try(Linux.FALLOC_FL_ZERO_RANGE, range);
        if (CannotDo(errno) && file.Facts.IsBlockDevice)
            errno = Repeat(Linux.BLKZEROOUT, range);
        if (CannotDo(errno))
            return WriteOut(range);
        return errno == Errno.None ? BlockStatus.Ok : transfer.Fail(BlockOperation.WriteZeroes, errno);
    }

    /// <summary>EINVAL is how a device refuses ranges that are not aligned to its blocks.</summary>
    private static bool CannotDo(Errno errno) => errno is Errno.EOPNOTSUPP or Errno.ENOSYS or Errno.EINVAL or Errno.ENODEV or Errno.ENOTTY;

    private Errno Try(int mode, in BlockRange range)
    {
        nint result;
        do
            result = file.Allocate(mode, range.Offset, range.Length);
        while (-result == (int)Errno.EINTR);
        return (Errno)(-result);
    }

    private Errno Repeat(uint control, in BlockRange range)
    {
        nint result;
        do
            result = file.RangeControl(control, range.Offset, range.Length);
        while (-result == (int)Errno.EINTR);
        return (Errno)(-result);
    }

    private BlockStatus WriteOut(in BlockRange range)
    {
        lock (_gate)
        {
            // Never written to, so that the kernel backs all of it with its one page of zeros.
            _zeros ??= Mapping.Create(ZeroBufferSize, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS);
            _write ??= new ZeroWrite();
            for (ulong done = 0; done < range.Length;)
            {
                ulong part = Math.Min(range.Length - done, ZeroBufferSize);
                _write.Begin(BlockOperation.Write, range.Offset + done);
                _write.AddSegment(_zeros.Address, (nuint)part);
                BlockStatus status = transfer.Run(_write);
                if (status != BlockStatus.Ok)
                    return status;
                done += part;
            }
            return BlockStatus.Ok;
        }
    }

    private sealed class ZeroWrite : BlockRequest
    {
        public override void Complete(BlockStatus status)
        {
        }
    }
}
