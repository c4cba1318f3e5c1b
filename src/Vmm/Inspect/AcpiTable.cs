using System.Buffers.Binary;
using System.Text;

namespace Vmm.Inspect;

/// <summary>An ACPI table in the guest's memory (ACPI 6.5, 5.2.6).</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Content">All of it, as far as its length can be believed.</param>
internal sealed record AcpiTable(ulong Address, byte[] Content)
{
    private const int LengthAt = 4, RevisionAt = 8, OemAt = 10, OemLength = 6, OemTableAt = 16, OemTableLength = 8;

    /// <summary>Bytes of the header.</summary>
    public const int HeaderSize = 36;

    /// <summary>No table here is larger; a longer one is damaged.</summary>
    private const uint LargestTable = 1 << 20;

    /// <summary>Four letters.</summary>
    public string Signature => Text(0, 4);

    /// <summary>Its revision.</summary>
    public byte Revision => Content[RevisionAt];

    /// <summary>Who made it, and what for.</summary>
    public string Oem => $"{Text(OemAt, OemLength)} {Text(OemTableAt, OemTableLength)}".Trim();

    /// <summary>Whether its bytes add up to 0.</summary>
    public bool IsWhole => Sum(Content) == 0;

    /// <summary>Reads a table.</summary>
    /// <returns>Null when there is none that can be read.</returns>
    public static AcpiTable? TryRead(ReadMemory read, ulong address)
    {
        byte[] header = new byte[HeaderSize];
        if (!read(address, header))
            return null;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(LengthAt));
        if (length is < HeaderSize or > LargestTable)
            return null;
        byte[] content = new byte[length];
        return read(address, content) ? new AcpiTable(address, content) : null;
    }

    /// <summary>The sum of all bytes.</summary>
    public static byte Sum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (byte b in bytes)
            sum += b;
        return sum;
    }

    /// <summary>A number of 32 bits; 0 beyond the end.</summary>
    public uint U32(int at) => at + sizeof(uint) <= Content.Length ? BinaryPrimitives.ReadUInt32LittleEndian(Content.AsSpan(at)) : 0;

    /// <summary>A number of 64 bits; 0 beyond the end.</summary>
    public ulong U64(int at) => at + sizeof(ulong) <= Content.Length ? BinaryPrimitives.ReadUInt64LittleEndian(Content.AsSpan(at)) : 0;

    private string Text(int at, int length)
    {
        StringBuilder text = new(length);
        foreach (byte b in Content.AsSpan(at, length))
            text.Append(b is >= 0x20 and < 0x7f ? (char)b : b == 0 ? ' ' : '.');
        return text.ToString().TrimEnd();
    }
}
