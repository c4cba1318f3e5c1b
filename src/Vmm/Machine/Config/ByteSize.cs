using System.Globalization;
using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>
/// An amount of memory: <c>256M</c>, <c>6G</c>, <c>512MiB</c>. A number without a unit is MiB, as with QEMU's
/// <c>-m</c> and Firecracker's <c>mem_size_mib</c>. Units are powers of 1024.
/// </summary>
/// <param name="Bytes">In bytes.</param>
[JsonConverter(typeof(ByteSizeConverter))]
internal readonly record struct ByteSize(ulong Bytes)
{
    /// <summary>The shift of a number without a unit: MiB.</summary>
    private const int DefaultShift = 20;

    /// <summary>Units from the largest down, with the power of two each stands for.</summary>
    private static readonly (char Letter, int Shift)[] s_units = [('T', 40), ('G', 30), ('M', 20), ('K', 10), ('B', 0)];

    /// <summary>Reads a size.</summary>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static ByteSize Parse(string text)
    {
        int digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        string unit = digits < 0 ? "" : text[digits..];
        string number = digits < 0 ? text : text[..digits];
        if (number.Length == 0)
            throw new FormatException($"'{text}' is not a size: write a whole number and a unit, such as 256M or 6G");
        if (unit.StartsWith('.'))
            throw new FormatException($"'{text}' is not a whole number: take the next smaller unit, such as 1536M for 1.5G");
        int shift = Shift(text, unit);
        if (!ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) || value > ulong.MaxValue >> shift)
            throw new FormatException($"'{text}' is more than 64 bits of bytes can hold");
        return new(value << shift);
    }

    /// <summary>A whole number of the largest unit that expresses it exactly.</summary>
    public override string ToString()
    {
        foreach ((char letter, int shift) in s_units)
        {
            ulong whole = Bytes >> shift;
            if (whole > 0 && whole << shift == Bytes)
                return string.Create(CultureInfo.InvariantCulture, $"{whole}{letter}");
        }
        return "0M";
    }

    private static int Shift(string text, string unit)
    {
        if (unit.Length == 0)
            return DefaultShift;
        foreach ((char letter, int shift) in s_units)
        {
            if (char.ToUpperInvariant(unit[0]) == letter && (unit.Length == 1 || (shift > 0 && unit[1..].Equals("iB", StringComparison.OrdinalIgnoreCase))))
                return shift;
        }
        throw new FormatException($"'{text}' has the unknown unit '{unit}': use K, M, G or T (or KiB, MiB, GiB, TiB)");
    }
}
