using System.Buffers;
using System.Text;
using Vmm.Gdb.Protocol;

namespace Vmm.Tests.Vmm.Gdb;

/// <summary>The other end of a session: sends packets, and reads what comes back.</summary>
internal sealed class Debugger
{
    private readonly List<byte> _received = [];

    /// <summary>Attaches to a target that is stopped.</summary>
    public Debugger(FakeTarget target) => Session = new GdbSession(target, bytes => _received.AddRange(bytes.Span));

    /// <summary>Our end.</summary>
    public GdbSession Session { get; }

    /// <summary>Sends bytes as they are, and returns what comes back as it is.</summary>
    public string Send(string bytes)
    {
        _received.Clear();
        Session.Receive(Encoding.Latin1.GetBytes(bytes));
        return Take();
    }

    /// <summary>What has come since.</summary>
    public string Take()
    {
        string text = Encoding.Latin1.GetString([.. _received]);
        _received.Clear();
        return text;
    }

    /// <summary>Sends a packet and returns the answer's data, its frame checked and taken off.</summary>
    public string Ask(string data) => Unframe(Send(Frame(data)));

    /// <summary>A packet.</summary>
    public static string Frame(string data)
    {
        ArrayBufferWriter<byte> packet = new();
        Framing.Write(packet, Encoding.Latin1.GetBytes(data));
        return Encoding.Latin1.GetString(packet.WrittenSpan);
    }

    /// <summary>The data of the packet that came, after its acknowledgement.</summary>
    public static string Unframe(string packet)
    {
        PacketReader reader = new(2 * GdbCommands.PacketSize);
        foreach (char next in packet)
        {
            PacketEvent what = reader.Take((byte)next);
            if (what == PacketEvent.Packet)
                return Encoding.Latin1.GetString(reader.Packet);
            if (what is not (PacketEvent.None or PacketEvent.Acknowledged))
                throw new InvalidOperationException($"{what} in '{packet}'");
        }
        throw new InvalidOperationException($"no packet in '{packet}'");
    }
}
