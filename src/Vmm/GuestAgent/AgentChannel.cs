using System.Diagnostics;
using Vmm.Host;

namespace Vmm.GuestAgent;

/// <summary>A connection to a guest agent: lines out, lines in, never longer than asked for and never later.</summary>
/// <param name="socket">Connected; owned.</param>
internal sealed unsafe class AgentChannel(SafeFd socket) : IDisposable
{
    private const int Piece = 64 << 10;
    private const byte LineFeed = (byte)'\n';

    private byte[] _buffer = new byte[Piece];
    private int _start;
    private int _end;

    /// <summary>Whether the other side has ended the connection.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Sends all of it.</summary>
    /// <returns>False when the other side takes it not in time, or has gone.</returns>
    public bool TrySend(ReadOnlySpan<byte> bytes, long deadline)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                if (!Wait(Linux.POLLOUT, deadline))
                    return false;
                nint sent = Linux.send(socket.Number, start + done, (nuint)(bytes.Length - done), Linux.MSG_NOSIGNAL | Linux.MSG_DONTWAIT);
                if (sent >= 0)
                {
                    done += (int)sent;
                }
                else if (!Linux.Interrupted && Linux.LastError != Errno.EAGAIN)
                {
                    HasEnded = true;
                    return false;
                }
            }
        }
        return true;
    }

    /// <summary>Drops what comes, up to a byte and with it.</summary>
    /// <param name="mark">The byte.</param>
    /// <param name="deadline">A time stamp of <see cref="Stopwatch"/>'s.</param>
    /// <returns>False when it did not come in time.</returns>
    public bool TrySkipPast(byte mark, long deadline)
    {
        while (true)
        {
            int at = _buffer.AsSpan(_start, _end - _start).IndexOf(mark);
            if (at >= 0)
            {
                _start += at + 1;
                return true;
            }
            _start = _end = 0;
            if (!TryReceive(deadline))
                return false;
        }
    }

    /// <summary>Takes a line.</summary>
    /// <param name="longest">How long it may be. What is longer is no line; the connection is of no use any more then.</param>
    /// <param name="deadline">A time stamp of <see cref="Stopwatch"/>'s.</param>
    /// <param name="line">The line, good until the next call.</param>
    /// <returns>False when it did not come in time, or is too long.</returns>
    public bool TryReadLine(int longest, long deadline, out ReadOnlyMemory<byte> line)
    {
        int searched = 0;
        while (true)
        {
            int at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf(LineFeed);
            if (at >= 0)
            {
                line = _buffer.AsMemory(_start, searched + at);
                _start += searched + at + 1;
                return true;
            }
            searched = _end - _start;
            if (searched > longest || !TryReceive(deadline))
            {
                line = default;
                return false;
            }
        }
    }

    /// <summary>Rests, unless something comes before.</summary>
    public void Rest(TimeSpan time, long deadline) => Wait(Linux.POLLIN, Math.Min(deadline, Deadline(time)));

    /// <summary>The time stamp at which a patience that begins now ends.</summary>
    public static long Deadline(TimeSpan patience) => Stopwatch.GetTimestamp() + (long)(patience.TotalSeconds * Stopwatch.Frequency);

    /// <summary>Ends the conversation, on any thread before this is disposed of: who waits for the other side waits no longer.</summary>
    public void HangUp() => _ = Linux.shutdown(socket.Number, Linux.SHUT_RDWR);

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private bool TryReceive(long deadline)
    {
        if (_start > 0 && _end == _buffer.Length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        while (Wait(Linux.POLLIN, deadline))
        {
            nint count;
            fixed (byte* start = _buffer)
                count = Linux.read(socket.Number, start + _end, (nuint)(_buffer.Length - _end));
            if (count > 0)
            {
                _end += (int)count;
                return true;
            }
            if (count == 0 || (!Linux.Interrupted && Linux.LastError != Errno.EAGAIN))
            {
                HasEnded = true;
                return false;
            }
        }
        return false;
    }

    private bool Wait(short events, long deadline)
    {
        while (true)
        {
            double left = (deadline - Stopwatch.GetTimestamp()) / (double)Stopwatch.Frequency;
            if (left <= 0)
                return false;
            Linux.timespec time = new() { tv_sec = (long)left, tv_nsec = (long)((left - Math.Floor(left)) * 1e9) };
            Linux.pollfd descriptor = new() { fd = socket.Number, events = events };
            if (Linux.ppoll(&descriptor, 1, &time, null) > 0)
                return true;
        }
    }
}
