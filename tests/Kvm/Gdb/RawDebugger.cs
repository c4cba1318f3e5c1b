using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Vmm.Gdb.Protocol;

namespace Vmm.Tests.Kvm.Gdb;

/// <summary>A debugger that speaks the protocol by hand, over a Unix socket.</summary>
internal sealed class RawDebugger : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 60_000 };
    private readonly PacketReader _reader = new(2 * GdbCommands.PacketSize);

    public RawDebugger(string path) => _socket.Connect(new UnixDomainSocketEndPoint(path));

    /// <summary>Sends a packet and waits for the next one that comes.</summary>
    public string Ask(string data)
    {
        Send(data);
        return Receive() ?? throw new InvalidOperationException($"closed after '{data}'");
    }

    /// <summary>Sends a packet.</summary>
    public void Send(string data)
    {
        ArrayBufferWriter<byte> packet = new();
        Framing.Write(packet, Encoding.Latin1.GetBytes(data));
        _socket.Send(packet.WrittenSpan);
    }

    /// <summary>Sends a packet again and again until nobody takes any more, because nobody reads the answers.</summary>
    public void AskForMoreThanFits(string data)
    {
        ArrayBufferWriter<byte> packet = new();
        Framing.Write(packet, Encoding.Latin1.GetBytes(data));
        _socket.Blocking = false;
        while (_socket.Poll(TimeSpan.FromSeconds(2), SelectMode.SelectWrite))
            _socket.Send(packet.WrittenSpan, SocketFlags.None, out _);
    }

    /// <summary>Sends Ctrl-C.</summary>
    public void Interrupt() => _socket.Send([Framing.Interrupt]);

    /// <summary>Waits for a packet; null when the connection is closed instead.</summary>
    public string? Receive()
    {
        byte[] next = new byte[1];
        while (true)
        {
            int count;
            try
            {
                count = _socket.Receive(next);
            }
            catch (SocketException gone) when (gone.SocketErrorCode == SocketError.ConnectionReset)
            {
                count = 0;
            }
            if (count == 0)
                return null;
            if (_reader.Take(next[0]) == PacketEvent.Packet)
                return Encoding.Latin1.GetString(_reader.Packet);
        }
    }

    /// <summary>The address of the next instruction of the chosen vCPU.</summary>
    public ulong Rip => Word(Ask("p10"));

    private static ulong Word(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        return BitConverter.ToUInt64(bytes);
    }

    /// <summary>A number as the protocol writes it.</summary>
    public static string Hex(ulong value) => value.ToString("x", CultureInfo.InvariantCulture);

    public void Dispose() => _socket.Dispose();
}
