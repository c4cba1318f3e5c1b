using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Storage;

/// <summary>
/// Direct I/O for requests that are not aligned as O_DIRECT wants it: through one buffer of this program's own, a part
/// at a time, one request at a time. Parts of blocks are read, changed and written back.
/// </summary>
/// <remarks>
/// One at a time is what makes reading, changing and writing back safe: two requests for different sectors of one block
/// both come this way. Guests that use the block size they are told never do.
/// </remarks>
internal sealed unsafe class UnalignedTransfer(IImageFile file) : IDisposable
{
    private const uint BufferSize = 256 << 10;

    private readonly Lock _gate = new();
    private Mapping? _buffer;

    /// <summary>Moves the request's next bytes, as many as the buffer takes.</summary>
    /// <returns>As the system calls: how many, 0 at the end of the file, or an error number below 0.</returns>
    public nint Step(BlockRequest request, int flags)
    {
        lock (_gate)
        {
            _buffer ??= Mapping.Create(BufferSize, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS);
            uint alignment = file.Facts.OffsetAlignment;
            uint head = (uint)(request.Offset & (alignment - 1));
            uint length = (uint)Math.Min(request.Remaining, BufferSize - head);
            uint window = (head + length + (alignment - 1)) & ~(alignment - 1);
            ulong start = request.Offset - head;
            return request.Operation == BlockOperation.Read
                ? Read(request, start, head, length, window)
                : Write(request, start, head, length, window, flags);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer?.Dispose();

    private nint Read(BlockRequest request, ulong start, uint head, uint length, uint window)
    {
        HostSegment whole = new(_buffer!.Address, window);
        nint got = file.Read(&whole, 1, start, 0);
        if (got <= 0)
            return got;
        length = (uint)Math.Min(length, Math.Max(0, got - (nint)head));
        Copy(request, head, length, toGuest: true);
        return (nint)length;
    }

    private nint Write(BlockRequest request, ulong start, uint head, uint length, uint window, int flags)
    {
        HostSegment whole = new(_buffer!.Address, window);
        if (length != window)
        {
            // What the request does not cover is written back as it was.
            nint got = file.Read(&whole, 1, start, 0);
            if (got < 0)
                return got;
            if (got < (nint)window)
                return -(nint)(int)Errno.EIO;
        }
        Copy(request, head, length, toGuest: false);
        nint put = file.Write(&whole, 1, start, flags);
        if (put <= 0)
            return put < 0 ? put : -(nint)(int)Errno.EIO;
        // A short write that did not reach the request's first byte moved none of it: the caller tries again.
        nint moved = Math.Min(put - (nint)head, (nint)length);
        return moved > 0 ? moved : -(nint)(int)Errno.EINTR;
    }

    private void Copy(BlockRequest request, uint head, uint length, bool toGuest)
    {
        byte* own = (byte*)_buffer!.Address + head;
        foreach (ref readonly HostSegment segment in request.Segments)
        {
            uint part = (uint)Math.Min(length, segment.Length);
            if (toGuest)
                Buffer.MemoryCopy(own, (void*)segment.Address, part, part);
            else
                Buffer.MemoryCopy((void*)segment.Address, own, part, part);
            own += part;
            length -= part;
            if (length == 0)
                return;
        }
    }
}
