namespace Vmm.Gdb.Protocol;

/// <summary>Numbers and bytes as the protocol writes them.</summary>
internal static class HexText
{
    private const int DigitsOfWord = 16;

    /// <summary>What a digit is worth; -1 when it is none.</summary>
    public static int Digit(byte text) => text switch
    {
        >= (byte)'0' and <= (byte)'9' => text - '0',
        >= (byte)'a' and <= (byte)'f' => text - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => text - 'A' + 10,
        _ => -1,
    };

    /// <summary>The digit of a value from 0 to 15.</summary>
    public static byte ToDigit(int value) => (byte)"0123456789abcdef"[value];

    /// <summary>Takes a number off the front of a text, the highest digit first; false when there is none, or it does not fit into 64 bits.</summary>
    public static bool TryTakeNumber(ref ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        int length = 0;
        int significant = 0;
        while (length < text.Length && Digit(text[length]) is >= 0 and int digit)
        {
            length++;
            if ((value | (uint)digit) != 0 && ++significant > DigitsOfWord)
                return false;
            value = value << 4 | (uint)digit;
        }
        text = text[length..];
        return length > 0;
    }

    /// <summary>Takes a character off the front of a text; false when another stands there.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> text, char expected)
    {
        if (text.IsEmpty || text[0] != expected)
            return false;
        text = text[1..];
        return true;
    }

    /// <summary>Reads bytes, two digits each; false unless they are exactly as many as there is room for.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        if (text.Length != 2 * bytes.Length)
            return false;
        for (int i = 0; i < bytes.Length; i++)
        {
            int high = Digit(text[2 * i]);
            int low = Digit(text[2 * i + 1]);
            if (high < 0 || low < 0)
                return false;
            bytes[i] = (byte)(high << 4 | low);
        }
        return true;
    }
}
