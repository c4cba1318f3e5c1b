using System.Buffers.Binary;

namespace Vmm.Gdb.Registers;

/// <summary>The x87 tag word, of which FXSAVE keeps only one bit for each register: empty or not (Intel SDM 1, 8.1.7 and 10.5.1.1).</summary>
internal static class X87Tags
{
    private const int Valid = 0;
    private const int Zero = 1;
    private const int Special = 2;
    private const int Empty = 3;
    private const int Stride = 16;

    /// <summary>The whole tag word.</summary>
    /// <param name="abridged">A bit for each physical register that is not empty.</param>
    /// <param name="status">The status word, which says what physical register ST0 is.</param>
    /// <param name="stack">ST0 to ST7, 16 bytes apart.</param>
    public static ushort Full(byte abridged, ushort status, ReadOnlySpan<byte> stack)
    {
        int top = status >> 11 & 7;
        int tags = 0;
        for (int physical = 0; physical < 8; physical++)
        {
            int tag = (abridged >> physical & 1) == 0 ? Empty : Classify(stack[((physical - top & 7) * Stride)..]);
            tags |= tag << 2 * physical;
        }
        return (ushort)tags;
    }

    /// <summary>The bit for each register that is not empty.</summary>
    public static byte Abridged(ushort tags)
    {
        int bits = 0;
        for (int physical = 0; physical < 8; physical++)
        {
            if ((tags >> 2 * physical & 3) != Empty)
                bits |= 1 << physical;
        }
        return (byte)bits;
    }

    private static int Classify(ReadOnlySpan<byte> value)
    {
        ulong significand = BinaryPrimitives.ReadUInt64LittleEndian(value);
        int exponent = BinaryPrimitives.ReadUInt16LittleEndian(value[8..]) & 0x7fff;
        if (exponent == 0 && significand == 0)
            return Zero;
        bool normal = exponent is not (0 or 0x7fff) && (significand >> 63) != 0;
        return normal ? Valid : Special;
    }
}
