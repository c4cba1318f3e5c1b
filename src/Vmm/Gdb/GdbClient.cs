using System.Diagnostics;
using Vmm.Host;

namespace Vmm.Gdb;

/// <summary>A debugger's connection.</summary>
/// <param name="socket">Does not block; owned from now on.</param>
internal sealed unsafe class GdbClient(SafeFd socket) : IDisposable
{
    /// <summary>A debugger that has not taken all of its answer after so long is gone.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly Lock _closing = new();
    private bool _closed;

    /// <summary>The socket, to wait for.</summary>
    public SafeFd Socket => socket;

    /// <summary>Takes what there is.</summary>
    /// <returns>How many bytes; 0 for none now, -1 when the debugger is gone.</returns>
    public int Receive(Span<byte> bytes)
    {
        while (true)
        {
            nint count;
            fixed (byte* start = bytes)
                count = Linux.recv(socket.Number, start, (nuint)bytes.Length, 0);
            if (count > 0)
                return (int)count;
            if (count == 0)
                return -1;
            if (!Linux.Interrupted)
                return Linux.LastError == Errno.EAGAIN ? 0 : -1;
        }
    }

    /// <summary>Sends all of it. A debugger that is gone or does not read is shut out, which is found when it is received from.</summary>
    public void Send(ReadOnlyMemory<byte> bytes)
    {
        long began = Stopwatch.GetTimestamp();
        ReadOnlySpan<byte> left = bytes.Span;
        while (!left.IsEmpty)
        {
            nint count;
            fixed (byte* start = left)
                count = Linux.send(socket.Number, start, (nuint)left.Length, Linux.MSG_NOSIGNAL);
            if (count > 0)
                left = left[(int)count..];
            else if (!Linux.Interrupted && (Linux.LastError != Errno.EAGAIN || !WaitForRoom(s_patience - Stopwatch.GetElapsedTime(began))))
                break;
        }
        if (!left.IsEmpty)
            ShutOut();
    }

    /// <summary>Takes and sends nothing any more; what it has still to read stays. On any thread: one that waits in <see cref="Send"/> comes back.</summary>
    public void ShutOut()
    {
        lock (_closing)
        {
            if (!_closed)
                _ = Linux.shutdown(socket.Number, Linux.SHUT_RDWR);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_closing)
            _closed = true;
        socket.Dispose();
    }

    private bool WaitForRoom(TimeSpan limit)
    {
        if (limit < TimeSpan.Zero)
            return false;
        Linux.pollfd one = new() { fd = socket.Number, events = Linux.POLLOUT };
        Linux.timespec patience = new() { tv_sec = (long)limit.TotalSeconds, tv_nsec = limit.Milliseconds * 1_000_000 };
        return Linux.ppoll(&one, 1, &patience, null) > 0;
    }
}
