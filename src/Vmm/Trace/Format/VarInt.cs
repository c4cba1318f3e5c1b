namespace Vmm.Trace.Format;

/// <summary>Numbers of a trace: LEB128, seven bits a byte, the lowest first; signed ones zigzag.</summary>
internal static class VarInt
{
    /// <summary>The most bytes that one takes.</summary>
    public const int Longest = 10;

    private const int Bits = 7;
    private const int More = 0x80;

    /// <summary>Writes a number.</summary>
    /// <returns>How many bytes it took.</returns>
    public static int Write(Span<byte> to, ulong value)
    {
        int length = 0;
        while (value >= More)
        {
            to[length++] = (byte)(value | More);
            value >>= Bits;
        }
        to[length++] = (byte)value;
        return length;
    }

    /// <summary>Writes a number that may be negative.</summary>
    public static int WriteSigned(Span<byte> to, long value) => Write(to, (ulong)(value << 1 ^ value >> 63));

    /// <summary>Reads a number, and moves past it.</summary>
    /// <returns>False when it is cut off, or longer than 64 bits.</returns>
    public static bool TryRead(ref ReadOnlySpan<byte> from, out ulong value)
    {
        value = 0;
        for (int i = 0; i < from.Length && i < Longest; i++)
        {
            byte next = from[i];
            if (i == Longest - 1 && next > 1)
                return false;
            value |= (ulong)(next & (More - 1)) << (i * Bits);
            if ((next & More) != 0)
                continue;
            from = from[(i + 1)..];
            return true;
        }
        return false;
    }

    /// <summary>Reads a number that may be negative, and moves past it.</summary>
    public static bool TryReadSigned(ref ReadOnlySpan<byte> from, out long value)
    {
        bool whole = TryRead(ref from, out ulong raw);
        value = (long)(raw >> 1) ^ -(long)(raw & 1);
        return whole;
    }
}
