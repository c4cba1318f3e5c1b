using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Vmm.Host;

namespace Vmm.Control.Local;

/// <summary>A connection between two <c>vmm</c> processes: lines of JSON, then perhaps bytes.</summary>
/// <param name="socket">Connected; owned.</param>
internal sealed unsafe class ControlStream(SafeFd socket) : IDisposable
{
    private volatile bool _isAnswering;

    /// <summary>The longest line. A description with many disks stays far below.</summary>
    private const int LongestLine = 1 << 20;

    private const byte LineFeed = (byte)'\n';

    /// <summary>The descriptor, to wait for.</summary>
    public SafeFd Socket { get; } = socket;

    /// <summary>Whether this connection may be silent for as long as it likes.</summary>
    public bool IsPatient
    {
        get;
        set
        {
            field = value;
            if (value)
                UnixSocket.SetTimeouts(Socket, TimeSpan.Zero);
        }
    }

    /// <summary>Whether a command is being carried out whose answer comes soon, which the end of the VM waits for a little: it may be what the command did.</summary>
    public bool IsAnswering
    {
        get => _isAnswering;
        set => _isAnswering = value;
    }

    /// <summary>Whether output of the guest, or a trace of it, is on its way here, which the end of the VM waits for a little.</summary>
    public bool HasLastWords { get; set; }

    /// <summary>Sends a line.</summary>
    /// <returns>False when the other side is gone, or takes nothing.</returns>
    public bool TrySend<T>(T message, JsonTypeInfo<T> type)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(message, type), LineFeed];
        return TrySend(line);
    }

    /// <summary>Sends bytes, all of them.</summary>
    /// <returns>False when the other side is gone, or takes nothing within the socket's limit.</returns>
    public bool TrySend(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint sent = Linux.send(Socket.Number, start + done, (nuint)(bytes.Length - done), Linux.MSG_NOSIGNAL);
                if (sent > 0)
                    done += (int)sent;
                else if (!Linux.Interrupted)
                    return false;
            }
        }
        return true;
    }

    /// <summary>Sends bytes, all of them, within a time: also to somebody who takes a few now and then.</summary>
    /// <param name="bytes">What.</param>
    /// <param name="limit">The time for all of them.</param>
    /// <returns>False when the other side is gone, or has not taken them all by then.</returns>
    public bool TrySend(ReadOnlySpan<byte> bytes, TimeSpan limit)
    {
        long start = Stopwatch.GetTimestamp();
        while (!bytes.IsEmpty)
        {
            nint sent;
            fixed (byte* first = bytes)
                sent = Linux.send(Socket.Number, first, (nuint)bytes.Length, Linux.MSG_NOSIGNAL | Linux.MSG_DONTWAIT);
            if (sent > 0)
                bytes = bytes[(int)sent..];
            else if (!Linux.Interrupted && (Linux.LastError != Errno.EAGAIN || !Wait(Linux.POLLOUT, limit - Stopwatch.GetElapsedTime(start))))
                return false;
        }
        return true;
    }

    /// <summary>Sends a descriptor, and a byte that it goes along with.</summary>
    /// <returns>False when the other side is gone, or takes nothing.</returns>
    public bool TrySendDescriptor(SafeFd passed)
    {
        try
        {
            return PassedDescriptor.Send(Socket.Number, [LineFeed], passed) == 1;
        }
        catch (HostException)
        {
            return false;
        }
    }

    /// <summary>Receives what <see cref="TrySendDescriptor"/> sends.</summary>
    /// <returns>The descriptor, the caller's from now on; null when none came.</returns>
    public SafeFd? ReceiveDescriptor()
    {
        try
        {
            _ = PassedDescriptor.Receive(Socket.Number, stackalloc byte[1], out SafeFd? passed);
            return passed;
        }
        catch (HostException)
        {
            return null;
        }
    }

    /// <summary>Receives a line.</summary>
    /// <returns>The message; null when the other side is gone or silent for longer than the socket's limit.</returns>
    /// <exception cref="FormatException">What came is no such message.</exception>
    public T? Receive<T>(JsonTypeInfo<T> type)
        where T : class
    {
        List<byte> line = new(256);
        byte next;
        // Byte by byte, for what comes after the line is not ours to read. Lines are short and rare.
        while (Read(&next, 1) == 1)
        {
            if (next != LineFeed)
            {
                line.Add(next);
                if (line.Count > LongestLine)
                    throw new FormatException("the line is too long");
                continue;
            }
            try
            {
                return JsonSerializer.Deserialize(line.ToArray(), type) ?? throw new FormatException("null is no message");
            }
            catch (JsonException wrong)
            {
                throw new FormatException($"not understood: {Encoding.UTF8.GetString([.. line.Take(80)])}", wrong);
            }
        }
        return null;
    }

    /// <summary>Waits until there is something to receive, or the other side is gone.</summary>
    /// <param name="limit">How long at most.</param>
    /// <returns>Whether there is.</returns>
    public bool WaitForMore(TimeSpan limit) => Wait(Linux.POLLIN, limit);

    /// <summary>Whether the other side is gone, and nobody waits for an answer.</summary>
    public bool IsGone
    {
        get
        {
            Linux.pollfd one = new() { fd = Socket.Number };
            Linux.timespec now = default;
            return Linux.ppoll(&one, 1, &now, null) > 0 && (one.revents & (Linux.POLLHUP | Linux.POLLERR)) != 0;
        }
    }

    private bool Wait(short what, TimeSpan limit)
    {
        if (limit < TimeSpan.Zero)
            return false;
        Linux.pollfd one = new() { fd = Socket.Number, events = what };
        Linux.timespec patience = new() { tv_sec = (long)limit.TotalSeconds, tv_nsec = limit.Milliseconds * 1_000_000 };
        int ready;
        do
        {
            ready = Linux.ppoll(&one, 1, &patience, null);
        }
        while (ready < 0 && Linux.Interrupted);
        return ready > 0;
    }

    /// <summary>Receives what there is.</summary>
    /// <returns>How much; 0 when the other side is gone, or silent for longer than the socket's limit.</returns>
    public int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
            return Read(start, buffer.Length);
    }

    /// <summary>Ends the connection; whoever waits for something on it goes on. Any thread.</summary>
    public void HangUp() => _ = Linux.shutdown(Socket.Number, Linux.SHUT_RDWR);

    /// <inheritdoc/>
    public void Dispose() => Socket.Dispose();

    private int Read(byte* buffer, int count)
    {
        while (true)
        {
            nint got = Linux.read(Socket.Number, buffer, (nuint)count);
            if (got >= 0)
                return (int)got;
            if (!Linux.Interrupted)
                return 0;
        }
    }
}
