using System.Buffers;

namespace Vmm.Gdb.Protocol;

/// <summary>How packets are told apart on the way ("Debugging with GDB", Remote Protocol, Overview).</summary>
internal static class Framing
{
    /// <summary>Begins a packet.</summary>
    public const byte Start = (byte)'$';

    /// <summary>Ends its data; two hexadecimal digits follow: the sum of the data's bytes, as they were sent, modulo 256.</summary>
    public const byte End = (byte)'#';

    /// <summary>The next byte is the meant one with <see cref="EscapeFlip"/> in it.</summary>
    public const byte Escape = (byte)'}';

    /// <summary>What an escaped byte is XORed with.</summary>
    public const byte EscapeFlip = 0x20;

    /// <summary>In what we send: the byte before it, several times over. We never say that, so we escape it.</summary>
    public const byte Repeat = (byte)'*';

    /// <summary>The last packet has arrived.</summary>
    public const byte Acknowledge = (byte)'+';

    /// <summary>The last packet has not arrived as it was sent.</summary>
    public const byte Refuse = (byte)'-';

    /// <summary>Ctrl-C, between packets.</summary>
    public const byte Interrupt = 3;

    /// <summary>Writes a packet.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> data)
    {
        // Every byte may need an escape.
        Span<byte> packet = output.GetSpan(2 * data.Length + 4);
        int length = 0;
        byte sum = 0;
        packet[length++] = Start;
        foreach (byte value in data)
        {
            byte sent = value;
            if (value is Start or End or Escape or Repeat)
            {
                packet[length++] = Escape;
                sum += Escape;
                sent = (byte)(value ^ EscapeFlip);
            }
            packet[length++] = sent;
            sum += sent;
        }
        packet[length++] = End;
        packet[length++] = HexText.ToDigit(sum >> 4);
        packet[length++] = HexText.ToDigit(sum & 0xf);
        output.Advance(length);
    }
}
