using System.Buffers.Binary;
using System.Text;
using Vmm.Consoles;
using Vmm.Host;

namespace Vmm.Control.Local;

/// <summary>
/// A console on a connection, the VM's side. To the client goes what the guest prints, as it is. From the client come
/// frames (<see cref="ConsoleFrame"/>), for a break or a new size of the window is no byte.
/// </summary>
internal sealed unsafe class ConsoleServing(ConsoleHub hub, ControlStream stream)
{
    private const int StackSize = 256 << 10;
    private const int Piece = 16 << 10;

    /// <summary>Bytes gather for so long before they are sent: a boot's log costs a call a millisecond, not one a character.</summary>
    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(1);

    /// <summary>How often a quiet console looks whether its client is still there.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private volatile bool _gone;

    /// <summary>Serves until the client goes, or the VM ends.</summary>
    public void Run()
    {
        // No limit on silence from here on: people think while they are at a console.
        stream.IsPatient = true;
        stream.HasLastWords = true;
        Thread output = new(SendOutput, StackSize) { Name = "control-console", IsBackground = true };
        HostThread.Start(output);
        try
        {
            ReceiveInput();
        }
        finally
        {
            // In any case: the descriptor is closed after this, and its number soon another's.
            _gone = true;
            output.Join();
        }
    }

    private void SendOutput()
    {
        long position = hub.Oldest;
        byte[] buffer = new byte[Piece];
        while (!_gone)
        {
            int count = hub.Read(ref position, buffer, s_patience, out long lost);
            if (lost > 0 && !stream.TrySend(Encoding.UTF8.GetBytes($"\r\n[vmm: {lost} bytes were missed: this console was too slow]\r\n")))
                break;
            if (count > 0 && !stream.TrySend(buffer.AsSpan(0, count)))
                break;
            if (count == 0 && hub.HasEnded)
                break;
            if (count is > 0 and < Piece)
                Thread.Sleep(s_gather);
        }
        // Wakes the other direction.
        _ = Linux.shutdown(stream.Socket.Number, Linux.SHUT_RDWR);
    }

    private void ReceiveInput()
    {
        byte* header = stackalloc byte[ConsoleFrame.HeaderSize];
        byte[] content = new byte[ConsoleFrame.LongestContent];
        while (ReadExactly(new Span<byte>(header, ConsoleFrame.HeaderSize)))
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(new ReadOnlySpan<byte>(header + 1, sizeof(ushort)));
            Span<byte> body = content.AsSpan(0, Math.Min(length, content.Length));
            if (length > content.Length || !ReadExactly(body))
                return;
            switch (header[0])
            {
                case ConsoleFrame.Data:
                    if (!Type(body))
                        return;
                    break;
                case ConsoleFrame.Break:
                    hub.SendBreak();
                    break;
                case ConsoleFrame.Resize when length == 2 * sizeof(ushort):
                    hub.Input.Resize(BinaryPrimitives.ReadUInt16LittleEndian(body), BinaryPrimitives.ReadUInt16LittleEndian(body[sizeof(ushort)..]));
                    break;
                default:
                    return;
            }
        }
    }

    /// <summary>Hands over all of it. While the guest takes nothing the client waits, unless it goes.</summary>
    private bool Type(ReadOnlySpan<byte> bytes)
    {
        Linux.pollfd* fds = stackalloc Linux.pollfd[2];
        while (true)
        {
            bytes = bytes[hub.Type(bytes)..];
            if (bytes.IsEmpty)
                return true;
            fds[0] = new() { fd = hub.TypedEnd.Number, events = Linux.POLLOUT };
            fds[1] = new() { fd = stream.Socket.Number, events = Linux.POLLRDHUP };
            if (Linux.ppoll(fds, 2, null, null) > 0 && fds[1].revents != 0)
                return false;
        }
    }

    private bool ReadExactly(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            int got = stream.Read(target);
            if (got == 0)
                return false;
            target = target[got..];
        }
        return true;
    }
}
