using System.Net.Sockets;
using Vmm.Host;
using Vmm.Migration.Protocol;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>One of a player's connections: what it has said on it, byte by byte, and what it has heard.</summary>
internal sealed class Line(Socket socket) : IDisposable
{
    private readonly List<byte> _said = [];
    private readonly byte[] _header = new byte[FrameHeader.Size];
    private uint _sequence;

    /// <summary>What was heard.</summary>
    public List<Recorded> Heard { get; } = [];

    /// <summary>Whether nothing more can be heard.</summary>
    public bool IsDeaf { get; private set; }

    /// <summary>The well-formed messages that were said on it, up to the first that was none.</summary>
    public List<Recorded> Said
    {
        get
        {
            List<Recorded> messages = [];
            ReadOnlySpan<byte> rest = _said.ToArray();
            try
            {
                while (rest.Length >= FrameHeader.Size)
                {
                    FrameHeader header = FrameHeader.Read(rest, (uint)messages.Count);
                    if (header.Length > rest.Length - FrameHeader.Size)
                        break;
                    ReadOnlySpan<byte> payload = rest.Slice(FrameHeader.Size, (int)header.Length);
                    header.Check(rest, payload);
                    messages.Add(new Recorded(0, FromSource: true, header.Type, payload.ToArray()));
                    rest = rest[(FrameHeader.Size + payload.Length)..];
                }
            }
            catch (ProtocolException)
            {
                // Nobody believes what comes after it.
            }
            return messages;
        }
    }

    /// <summary>Seals a message and says it.</summary>
    /// <param name="step">The message.</param>
    /// <param name="payload">What it says.</param>
    /// <param name="send">Sends the first bytes, and how many those were, where something goes along with them.</param>
    public void Say(Step step, byte[] payload, Func<Socket, byte[], int>? send = null)
    {
        byte[] frame = [.. new byte[FrameHeader.Size], .. payload];
        FrameHeader.Write(frame, step.Type!.Value, _sequence++, payload);
        frame = step.OnTheWay?.Invoke(frame) ?? frame;
        _said.AddRange(frame);
        try
        {
            int done = send?.Invoke(socket, frame) ?? 0;
            while (done < frame.Length)
                done += socket.Send(frame.AsSpan(done));
            if (step.Closes)
                socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException or HostException)
        {
            // The other side has enough of it.
        }
    }

    /// <summary>Hears until a message of a type has come.</summary>
    /// <param name="type">It; null for until the other side ends.</param>
    /// <param name="most">How long at most each may take.</param>
    /// <returns>Whether it came, or the end.</returns>
    public bool Await(MessageType? type, TimeSpan most)
    {
        while (!IsDeaf)
        {
            try
            {
                socket.ReceiveTimeout = (int)most.TotalMilliseconds;
                if (!Read(_header))
                    break;
                FrameHeader header = FrameHeader.Read(_header, (uint)Heard.Count);
                byte[] payload = new byte[header.Length];
                if (!Read(payload))
                    break;
                Heard.Add(new Recorded(0, FromSource: false, header.Type, payload));
                if (header.Type == type)
                    return true;
            }
            catch (SocketException slow) when (slow.SocketErrorCode is SocketError.WouldBlock or SocketError.TimedOut)
            {
                return false;
            }
            catch (SocketException)
            {
                break;
            }
        }
        IsDeaf = true;
        return type is null;
    }

    /// <summary>Says nothing more.</summary>
    public void End()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // Over already.
        }
    }

    public void Dispose()
    {
        IsDeaf = true;
        socket.Dispose();
    }

    private bool Read(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int got = socket.Receive(bytes);
            if (got == 0)
                return false;
            bytes = bytes[got..];
        }
        return true;
    }
}
