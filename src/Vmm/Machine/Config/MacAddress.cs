using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>An Ethernet address: <c>02:ab:0c:11:22:33</c>.</summary>
/// <param name="Value">Its 48 bits; the octet that is written first is the highest.</param>
[JsonConverter(typeof(MacAddressConverter))]
internal readonly record struct MacAddress(ulong Value)
{
    /// <summary>Octets of an address.</summary>
    public const int Length = 6;

    private const int Bits = 8 * Length;

    /// <summary>The lowest bit of the first octet: it means a group (IEEE 802-2014, 8.2.2).</summary>
    private const ulong GroupBit = 1UL << 40;

    /// <summary>The bit after it: nobody assigned the address, whoever uses it made it up (IEEE 802-2014, 8.2.2).</summary>
    private const ulong LocalBit = 2UL << 40;

    /// <summary>Whether it means several stations, or all.</summary>
    public bool IsGroup => (Value & GroupBit) != 0;

    /// <summary>Reads it: six pairs of hexadecimal digits with colons, or dashes, between them.</summary>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static MacAddress Parse(string text)
    {
        string[] octets = text.Split(text.Contains('-', StringComparison.Ordinal) ? '-' : ':');
        ulong value = 0;
        bool fits = octets.Length == Length;
        foreach (string pair in octets)
        {
            fits &= pair.Length == 2 & byte.TryParse(pair, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte octet);
            value = (value << 8) | octet;
        }
        return fits ? new(value) : throw new FormatException($"'{Printable.Escape(text)}' is not a MAC address: six pairs of hexadecimal digits, such as 02:00:00:12:34:56");
    }

    /// <summary>An address of one station that nobody assigned, from bits that are as good as random.</summary>
    public static MacAddress Local(ulong bits) => new((bits & ((1UL << Bits) - 1) & ~GroupBit) | LocalBit);

    /// <summary>Writes the octets in the order of the wire.</summary>
    /// <param name="octets">Six, or more.</param>
    public void CopyTo(Span<byte> octets)
    {
        Span<byte> whole = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(whole, Value);
        whole[(sizeof(ulong) - Length)..].CopyTo(octets);
    }

    /// <summary>With colons and small letters.</summary>
    public override string ToString()
    {
        Span<byte> octets = stackalloc byte[Length];
        CopyTo(octets);
        return string.Create(CultureInfo.InvariantCulture, $"{octets[0]:x2}:{octets[1]:x2}:{octets[2]:x2}:{octets[3]:x2}:{octets[4]:x2}:{octets[5]:x2}");
    }
}
