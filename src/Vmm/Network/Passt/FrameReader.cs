using System.Buffers.Binary;
using Vmm.Host;

namespace Vmm.Network.Passt;

/// <summary>Takes frames off a stream: as many as there are with one system call, however the stream cut them.</summary>
/// <param name="socket">The stream; the caller's.</param>
internal sealed unsafe class FrameReader(SafeFd socket)
{
    /// <summary>What a Unix socket holds as a rule (net.core.wmem_default), and more than three of the largest frames.</summary>
    private const int Size = 256 << 10;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Size, pinned: true);
    private int _start;
    private int _end;
    private bool _mayHaveMore = true;

    /// <summary>Whether a whole frame has been read already, for which no more need come.</summary>
    public bool HasFrame => FrameLength(out int length) && _end - _start - FrameLengths.Prefix >= length;

    /// <summary>The next frame, good until the next call.</summary>
    /// <param name="frame">It, empty when there is none now.</param>
    public StreamStatus TryRead(out ReadOnlySpan<byte> frame)
    {
        while (true)
        {
            if (FrameLength(out int length))
            {
                if ((uint)length > FrameLengths.Largest)
                {
                    frame = default;
                    return StreamStatus.Broken;
                }
                if (_end - _start - FrameLengths.Prefix >= length)
                {
                    frame = _buffer.AsSpan(_start + FrameLengths.Prefix, length);
                    _start += FrameLengths.Prefix + length;
                    return StreamStatus.Done;
                }
            }
            StreamStatus status = Refill();
            if (status != StreamStatus.Done)
            {
                frame = default;
                return status;
            }
        }
    }

    /// <summary>Something arrived: the next look at an empty buffer asks the kernel again.</summary>
    public void OnReadable() => _mayHaveMore = true;

    /// <summary>The length before the next frame; negative for one that no number here can hold.</summary>
    private bool FrameLength(out int length)
    {
        length = 0;
        if (_end - _start < FrameLengths.Prefix)
            return false;
        length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        return true;
    }

    private StreamStatus Refill()
    {
        if (!_mayHaveMore)
            return StreamStatus.WouldBlock;
        if (!socket.TryHold())
            return StreamStatus.Ended;
        try
        {
            return Read();
        }
        finally
        {
            socket.DangerousRelease();
        }
    }

    private StreamStatus Read()
    {
        // The beginning of a frame goes to the front, so that all of it fits.
        int left = _end - _start;
        if (_start > 0 && left > 0)
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, left);
        (_start, _end) = (0, left);
        fixed (byte* start = _buffer)
        {
            nint got;
            do
                got = Linux.recv(socket.Number, start + _end, (nuint)(Size - _end), Linux.MSG_DONTWAIT);
            while (got < 0 && Linux.Interrupted);
            // Less than there was room for is all there was: no call is needed to hear that there is no more.
            _mayHaveMore = got == Size - _end;
            if (got > 0)
            {
                _end += (int)got;
                return StreamStatus.Done;
            }
            return got < 0 && Linux.LastError == Errno.EAGAIN ? StreamStatus.WouldBlock : StreamStatus.Ended;
        }
    }
}
