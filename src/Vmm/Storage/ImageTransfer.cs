using System.Runtime.InteropServices;
using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Storage;

/// <summary>
/// Moves a request's bytes between guest memory and an image until all are moved: short transfers are taken up where
/// they stopped, interrupted ones are repeated.
/// </summary>
/// <param name="file">The image; the caller's.</param>
/// <param name="failed">Told what failed and why, on any thread; <see cref="Errno.None"/> when the image ended before it did when it was opened.</param>
internal sealed unsafe class ImageTransfer(IImageFile file, Action<BlockOperation, Errno>? failed = null) : IDisposable
{
    private readonly UnalignedTransfer _unaligned = new(file);

    // Learnt from the first EOPNOTSUPP; which file systems know RWF_NOWAIT changes with the kernel.
    private volatile bool _readsCanRefuseToWait = true;
    private volatile bool _writesCanRefuseToWait = true;

    /// <summary>Whether <see cref="TryNow"/> can tell of a read that it would wait.</summary>
    public bool ReadsCanRefuseToWait => _readsCanRefuseToWait;

    /// <summary>Moves what can be moved without waiting for a device.</summary>
    /// <returns>How the request ended; null when the rest of it has to wait, or this cannot be told beforehand.</returns>
    public BlockStatus? TryNow(BlockRequest request)
    {
        bool canRefuse = request.Operation == BlockOperation.Read ? _readsCanRefuseToWait : _writesCanRefuseToWait;
        // A direct transfer waits for the device whatever the flag says, a durable write does too.
        return canRefuse && !file.Facts.Direct && !request.Durable ? Move(request, Linux.RWF_NOWAIT) : null;
    }

    /// <summary>Moves everything, waiting as long as it takes.</summary>
    public BlockStatus Run(BlockRequest request) =>
        Move(request, request is { Durable: true, Operation: BlockOperation.Write } ? Linux.RWF_DSYNC : 0)!.Value;

    /// <summary>Makes what was written survive a power cut.</summary>
    public BlockStatus Flush()
    {
        nint result;
        do
            result = file.Sync();
        while (-result == (int)Errno.EINTR);
        return Ended(BlockOperation.Flush, result);
    }

    /// <inheritdoc/>
    public void Dispose() => _unaligned.Dispose();

    /// <summary>Whether a ring can do what is left of a request in one call. What is not aligned as O_DIRECT wants it goes through a buffer.</summary>
    public bool FitsRing(BlockRequest request) => request.Operation switch
    {
        BlockOperation.Flush => true,
        BlockOperation.Read or BlockOperation.Write => IsAligned(request) && !IsPastEnd(request),
        _ => false,
    };

    /// <summary>Takes note of what a call that waits as long as it takes has given.</summary>
    /// <returns>How the request ended; null when the rest of it has still to be done.</returns>
    public BlockStatus? Settle(BlockRequest request, nint result)
    {
        if (-result == (int)Errno.EINTR)
            return null;
        if (request.Operation == BlockOperation.Flush)
            return Ended(BlockOperation.Flush, result);
        if (result > 0)
        {
            request.Advance((ulong)result);
            return request.Remaining == 0 ? BlockStatus.Ok : null;
        }
        return result == 0 && PadPastEnd(request) ? BlockStatus.Ok : Fail(request.Operation, (Errno)(-result));
    }

    /// <summary>Tells of a failure, of which the guest learns only that there was one.</summary>
    public BlockStatus Fail(BlockOperation operation, Errno errno)
    {
        failed?.Invoke(operation, errno);
        return BlockStatus.IoError;
    }

    private BlockStatus Ended(BlockOperation operation, nint result) => result == 0 ? BlockStatus.Ok : Fail(operation, (Errno)(-result));

    private BlockStatus? Move(BlockRequest request, int flags)
    {
        while (request.Remaining > 0)
        {
            nint moved = Step(request, flags);
            if ((flags & Linux.RWF_NOWAIT) != 0 && IsRefusal(request, moved))
                return null;
            if (Settle(request, moved) is { } status)
                return status;
        }
        return BlockStatus.Ok;
    }

    /// <summary>Whether a call that must not wait said that it would, or that it cannot tell.</summary>
    private bool IsRefusal(BlockRequest request, nint result)
    {
        if (-result == (int)Errno.EOPNOTSUPP)
        {
            if (request.Operation == BlockOperation.Read)
                _readsCanRefuseToWait = false;
            else
                _writesCanRefuseToWait = false;
            return true;
        }
        return -result == (int)Errno.EAGAIN;
    }

    /// <summary>One system call's worth.</summary>
    private nint Step(BlockRequest request, int flags)
    {
        if (IsPastEnd(request))
            return 0;
        if (!IsAligned(request))
            return _unaligned.Step(request, flags);
        var segments = (HostSegment*)request.SegmentsAddress;
        int count = Math.Min(request.Segments.Length, Linux.IOV_MAX);
        return request.Operation == BlockOperation.Read
            ? file.Read(segments, count, request.Offset, flags)
            : file.Write(segments, count, request.Offset, flags);
    }

    private bool IsAligned(BlockRequest request)
    {
        ImageFacts facts = file.Facts;
        if (!facts.Direct)
            return true;
        ulong offsetMask = facts.OffsetAlignment - 1;
        ulong bits = request.Offset & offsetMask;
        foreach (ref readonly HostSegment segment in request.Segments)
            bits |= (segment.Length & offsetMask) | ((ulong)segment.Address & (facts.MemoryAlignment - 1));
        return bits == 0;
    }

    /// <summary>A direct read that met the end of a file within a sector cannot be taken up there: no such offset is aligned.</summary>
    private bool IsPastEnd(BlockRequest request) =>
        file.Facts.Direct && request.Operation == BlockOperation.Read && request.Offset >= file.Facts.Size;

    /// <summary>
    /// The end of the file was met. In the last sector of a file that does not fill it, the rest reads as zeros;
    /// anywhere else the file has been cut short since it was opened, and that is an error.
    /// </summary>
    private bool PadPastEnd(BlockRequest request)
    {
        if (request.Operation != BlockOperation.Read || request.Offset < file.Facts.Size)
            return false;
        foreach (ref readonly HostSegment segment in request.Segments)
            NativeMemory.Clear((void*)segment.Address, segment.Length);
        request.Advance(request.Remaining);
        return true;
    }
}
