using System.Buffers.Binary;
using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Network.Passt;

/// <summary>Puts frames on a stream: as many as there are with one system call, and on from where the stream took no more.</summary>
/// <param name="socket">The stream; the caller's.</param>
internal sealed unsafe class FrameWriter(SafeFd socket)
{
    /// <summary>More than three of the largest frames.</summary>
    private const int Size = 256 << 10;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Size, pinned: true);
    private int _start;
    private int _end;

    /// <summary>Bytes that the stream has not taken yet.</summary>
    public int Pending => _end - _start;

    /// <summary>Whether the stream took no more and there was no look at it since.</summary>
    public bool IsBlocked { get; private set; }

    /// <summary>Copies a frame to be written.</summary>
    /// <param name="segments">Where it lies.</param>
    /// <param name="length">All of them together; within <see cref="FrameLengths"/>.</param>
    /// <returns>Whether there was room.</returns>
    public bool TryAdd(ReadOnlySpan<HostSegment> segments, int length)
    {
        int needed = FrameLengths.Prefix + length;
        if (Size - _end < needed)
        {
            if (Size - Pending < needed)
                return false;
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, Pending);
            (_start, _end) = (0, Pending);
        }
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_end), length);
        _end += FrameLengths.Prefix;
        foreach (HostSegment segment in segments)
        {
            new ReadOnlySpan<byte>((void*)segment.Address, (int)segment.Length).CopyTo(_buffer.AsSpan(_end));
            _end += (int)segment.Length;
        }
        return true;
    }

    /// <summary>There may be room again.</summary>
    public void OnWritable() => IsBlocked = false;

    /// <summary>Writes what the stream takes.</summary>
    /// <returns>Done when it took everything.</returns>
    public StreamStatus Flush()
    {
        if (!socket.TryHold())
            return StreamStatus.Ended;
        try
        {
            return Write();
        }
        finally
        {
            socket.DangerousRelease();
        }
    }

    private StreamStatus Write()
    {
        fixed (byte* start = _buffer)
        {
            while (_start < _end)
            {
                if (IsBlocked)
                    return StreamStatus.WouldBlock;
                nint taken = Linux.send(socket.Number, start + _start, (nuint)Pending, Linux.MSG_DONTWAIT | Linux.MSG_NOSIGNAL);
                if (taken >= 0)
                    _start += (int)taken;
                else if (Linux.LastError == Errno.EAGAIN)
                    IsBlocked = true;
                else if (!Linux.Interrupted)
                    return StreamStatus.Ended;
            }
        }
        (_start, _end) = (0, 0);
        return StreamStatus.Done;
    }
}
