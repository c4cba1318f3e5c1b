using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Vmm.Host;
using Vmm.Migration.Protocol;

namespace Vmm.Migration.Transport;

/// <summary>One connection of a migration: messages both ways, each checked. Any thread sends; one receives.</summary>
/// <param name="socket">Owned from now on.</param>
/// <param name="incoming">The way on which messages come here.</param>
/// <param name="patience">How long a message may take, and how long the other side may not take ours; zero for ever.</param>
internal sealed class Channel(Socket socket, MessageRoute incoming, TimeSpan patience) : IDisposable
{
    private const int LastWordsMilliseconds = 500;

    /// <summary>What is taken at once for a payload, in bytes.</summary>
    private const uint FirstPiece = 1 << 20;

    private readonly Lock _sending = new();
    private readonly byte[] _small = new byte[FrameHeader.Size];
    private readonly byte[] _header = new byte[FrameHeader.Size];
    private uint _sent;
    private uint _received;
    private long _bytes;

    /// <summary>Bytes that were sent.</summary>
    public long BytesSent => Interlocked.Read(ref _bytes);

    /// <summary>Whether something came that was not received yet, if only that the other side has closed the connection.</summary>
    public bool HasNews
    {
        get
        {
            try
            {
                return socket.Poll(TimeSpan.Zero, SelectMode.SelectRead);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    /// <summary>Waits until something has come, or the connection is over: then <see cref="Receive"/> does not wait long.</summary>
    /// <param name="most">How long at most.</param>
    public bool WaitForMessage(TimeSpan most)
    {
        try
        {
            return socket.Poll(most, SelectMode.SelectRead);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>Waits for messages however long they take from now on: another connection tells whether the other side lives.</summary>
    public void WaitForEver() => socket.ReceiveTimeout = 0;

    /// <summary>Connects the two, and bounds how long either waits for the other.</summary>
    public static Channel Over(Socket socket, MessageRoute incoming, TimeSpan patience)
    {
        socket.SendTimeout = socket.ReceiveTimeout = (int)patience.TotalMilliseconds;
        return new Channel(socket, incoming, patience);
    }

    /// <summary>Sends a message without payload.</summary>
    public void Send(MessageType type) => Send(type, []);

    /// <summary>Sends a message.</summary>
    /// <exception cref="LinkException">It did not get out whole.</exception>
    public void Send(MessageType type, ReadOnlySpan<byte> payload)
    {
        lock (_sending)
        {
            FrameHeader.Write(_small, type, _sent++, payload);
            SendAll(_small);
            SendAll(payload);
        }
    }

    /// <summary>Sends a message that has room for its header in front.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="frame">Header and payload.</param>
    public void SendFrame(MessageType type, Span<byte> frame)
    {
        lock (_sending)
        {
            FrameHeader.Write(frame, type, _sent++, frame[FrameHeader.Size..]);
            SendAll(frame);
        }
    }

    /// <summary>Sends a message that is JSON.</summary>
    public void Send<T>(MessageType type, T message, JsonTypeInfo<T> json) => Send(type, JsonSerializer.SerializeToUtf8Bytes(message, json));

    /// <summary>As <see cref="Send(MessageType, ReadOnlySpan{byte})"/>, for last words that nobody may hear.</summary>
    public void TrySend<T>(MessageType type, T message, JsonTypeInfo<T> json)
    {
        try
        {
            Send(type, message, json);
        }
        catch (LinkException)
        {
        }
    }

    /// <summary>Sends a message without payload, and a descriptor along with it.</summary>
    /// <exception cref="LinkException">It did not get out whole.</exception>
    public void SendDescriptor(MessageType type, SafeFd passed)
    {
        lock (_sending)
        {
            FrameHeader.Write(_small, type, _sent++, []);
            int sent = Passing(number => PassedDescriptor.Send(number, _small, passed));
            Interlocked.Add(ref _bytes, sent);
            SendAll(_small.AsSpan(sent));
        }
    }

    /// <summary>Waits for a message without payload with which a descriptor comes.</summary>
    /// <param name="phase">Where this side is.</param>
    /// <param name="type">The message.</param>
    /// <returns>The descriptor, the caller's from now on.</returns>
    /// <inheritdoc cref="TryReceive" path="/exception"/>
    public SafeFd ReceiveDescriptor(MigrationPhase phase, MessageType type)
    {
        SafeFd? passed = null;
        try
        {
            int got = Passing(number => PassedDescriptor.Receive(number, _header, out passed));
            if (got == 0 || !ReceiveAll(_header.AsSpan(got), mayEnd: false))
                throw new LinkException("the other side has closed the connection");
            FrameHeader header = ReadHeader(phase);
            header.Check(_header, []);
            if (header.Type != type || passed is null)
                throw new ProtocolException($"the other side said {Name(header.Type)} {(passed is null ? "without" : "with")} a descriptor where {type} with one was due");
            return passed;
        }
        catch
        {
            passed?.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the next message.</summary>
    /// <param name="phase">Where this side is: only its messages are taken.</param>
    /// <returns>The message, or null when the other side has closed the connection between two messages.</returns>
    /// <exception cref="ProtocolException">What came is none, or does not belong here.</exception>
    /// <exception cref="LinkException">The connection was lost, or the other side is silent for too long.</exception>
    public Message? TryReceive(MigrationPhase phase)
    {
        if (ReceiveHeader(phase) is not { } header)
            return null;
        // A length is only claimed: memory is taken as bytes come.
        byte[] payload = new byte[Math.Min(header.Length, FirstPiece)];
        for (int done = 0; ;)
        {
            ReceiveAll(payload.AsSpan(done), mayEnd: false);
            done = payload.Length;
            if (done == header.Length)
                break;
            Array.Resize(ref payload, (int)Math.Min(header.Length, 2L * done));
        }
        header.Check(_header, payload);
        return new Message(header.Type, payload);
    }

    /// <summary>As <see cref="TryReceive"/>; an end is an error.</summary>
    public Message Receive(MigrationPhase phase) => TryReceive(phase) ?? throw new LinkException("the other side has closed the connection");

    /// <summary>Waits for the next message's header. Its payload comes next.</summary>
    /// <inheritdoc cref="TryReceive" path="/exception"/>
    public FrameHeader? ReceiveHeader(MigrationPhase phase)
    {
        if (!ReceiveAll(_header, mayEnd: true))
            return null;
        return ReadHeader(phase);
    }

    private FrameHeader ReadHeader(MigrationPhase phase)
    {
        FrameHeader header = FrameHeader.Read(_header, _received++);
        if (!PhaseRules.Allows(phase, incoming, header.Type))
            throw new ProtocolException($"a message of type {Name(header.Type)} came where none may (phase {phase})");
        uint most = PhaseRules.LargestPayload(header.Type);
        return header.Length <= most ? header : throw new ProtocolException($"a message of type {Name(header.Type)} has {header.Length} bytes, and may have {most}");
    }

    /// <summary>Takes the payload that belongs to a header.</summary>
    /// <param name="header">The header that was just received.</param>
    /// <param name="payload">As long as it says.</param>
    public void ReceivePayload(in FrameHeader header, Span<byte> payload)
    {
        ReceiveAll(payload, mayEnd: false);
        header.Check(_header, payload);
    }

    /// <summary>After the connection was lost: why the other side gave up, if it still managed to say that.</summary>
    /// <param name="phase">Where this side is.</param>
    public string? TryHearReason(MigrationPhase phase)
    {
        try
        {
            socket.ReceiveTimeout = LastWordsMilliseconds;
            // Who has a reason gives it: who goes on with something else has none.
            long deadline = Environment.TickCount64 + LastWordsMilliseconds;
            while (Environment.TickCount64 < deadline && TryReceive(phase) is { } message)
            {
                if (message.Type is MessageType.Failed or MessageType.Refuse or MessageType.Cancel)
                    return message.As(MigrationJson.Default.ReasonMessage).Reason;
            }
        }
        catch (Exception nothing) when (nothing is VmmException or SocketException or ObjectDisposedException)
        {
        }
        return null;
    }

    /// <summary>Ends the connection so that our last words arrive: what is unread when a socket is closed takes them along.</summary>
    /// <param name="milliseconds">How long the other side may take to close it, too.</param>
    public void CloseGently(int milliseconds = LastWordsMilliseconds)
    {
        Shutdown(SocketShutdown.Send);
        long deadline = Environment.TickCount64 + milliseconds;
        try
        {
            byte[] dropped = new byte[FrameHeader.Size << 8];
            while (deadline - Environment.TickCount64 is long left and > 0 && socket.Poll(TimeSpan.FromMilliseconds(left), SelectMode.SelectRead) && socket.Receive(dropped) > 0)
            {
                // Nobody asks for it any more.
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
        }
    }

    /// <summary>Says no, and ends the connection.</summary>
    public void TurnAway(string why)
    {
        TrySend(MessageType.Refuse, new ReasonMessage(why), MigrationJson.Default.ReasonMessage);
        CloseGently();
        Dispose();
    }

    /// <summary>Ends waiting on this side, from another thread; what is still to be said can be said.</summary>
    public void StopReceiving() => Shutdown(SocketShutdown.Receive);

    /// <summary>Ends the connection both ways, from any thread.</summary>
    public void Abort() => Shutdown(SocketShutdown.Both);

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private static string Name(MessageType type) => Enum.IsDefined(type) ? type.ToString() : ((ushort)type).ToString();

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It is over already.
        }
    }

    /// <summary>Calls the kernel with the socket's number, which stays the socket's meanwhile.</summary>
    private int Passing(Func<int, int> call)
    {
        bool held = false;
        try
        {
            socket.SafeHandle.DangerousAddRef(ref held);
            return call((int)socket.SafeHandle.DangerousGetHandle());
        }
        catch (Exception lost) when (lost is HostException or ObjectDisposedException)
        {
            throw Lost(lost);
        }
        finally
        {
            if (held)
                socket.SafeHandle.DangerousRelease();
        }
    }

    private void SendAll(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                int sent = socket.Send(bytes, SocketFlags.None);
                Interlocked.Add(ref _bytes, sent);
                bytes = bytes[sent..];
            }
        }
        catch (Exception lost) when (lost is SocketException or ObjectDisposedException)
        {
            throw Lost(lost);
        }
    }

    /// <summary>Fills a buffer; false when the connection ends before its first byte.</summary>
    private bool ReceiveAll(Span<byte> bytes, bool mayEnd)
    {
        bool any = false;
        try
        {
            while (!bytes.IsEmpty)
            {
                int got = socket.Receive(bytes, SocketFlags.None);
                if (got == 0)
                    return mayEnd && !any ? false : throw new LinkException("the connection ended within a message");
                any = true;
                bytes = bytes[got..];
            }
        }
        catch (Exception lost) when (lost is SocketException or ObjectDisposedException)
        {
            throw Lost(lost);
        }
        return true;
    }

    private LinkException Lost(Exception why) => why is SocketException { SocketErrorCode: SocketError.TimedOut or SocketError.WouldBlock or SocketError.TryAgain } or HostException { Errno: Errno.EAGAIN }
        ? new LinkException($"the other side did not answer for {patience.TotalSeconds:0} s", why)
        : new LinkException($"the connection was lost ({(why is SocketException or HostException ? why.Message : "closed here")})", why);
}
