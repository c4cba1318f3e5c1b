using System.Buffers.Binary;
using System.Text;

namespace Vmm.Guest.Acpi;

/// <summary>Bytes of tables under construction, little-endian, with headers and checksums.</summary>
internal sealed class TableBuffer
{
    /// <summary>ACPI 6.5, 5.2.6: the header every table begins with.</summary>
    private const int HeaderSize = 36;

    /// <summary>ACPI 6.5, table 5.4: offsets in that header.</summary>
    private const int LengthAt = 4;

    private const int ChecksumAt = 9;
    private const uint OemRevision = 1;
    private const uint CreatorRevision = 1;

    private byte[] _bytes = new byte[4096];

    /// <summary>Who made the tables, as six characters.</summary>
    public static ReadOnlySpan<byte> OemId => "VMM   "u8;

    /// <summary>Which machine, as eight characters.</summary>
    private static ReadOnlySpan<byte> OemTableId => "MICROVM "u8;

    private static ReadOnlySpan<byte> CreatorId => "VMM "u8;

    /// <summary>Bytes so far.</summary>
    public int Length { get; private set; }

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>What was written from <paramref name="start"/> on, to be patched.</summary>
    public Span<byte> From(int start) => _bytes.AsSpan(start, Length - start);

    /// <summary>Appends a byte.</summary>
    public void U8(byte value) => Extend(1)[0] = value;

    /// <summary>Appends two bytes.</summary>
    public void U16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Extend(2), value);

    /// <summary>Appends four bytes.</summary>
    public void U32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Extend(4), value);

    /// <summary>Appends eight bytes.</summary>
    public void U64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Extend(8), value);

    /// <summary>Appends bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Extend(bytes.Length));

    /// <summary>Appends ASCII characters.</summary>
    public void Ascii(string text) => Encoding.ASCII.GetBytes(text, Extend(text.Length));

    /// <summary>Appends zeros.</summary>
    public void Zeros(int count) => Extend(count).Clear();

    /// <summary>Appends zeros up to a multiple of <paramref name="alignment"/>.</summary>
    public void Align(int alignment) => Zeros((alignment - (Length % alignment)) % alignment);

    /// <summary>Makes room in the middle, moving what follows.</summary>
    public Span<byte> Insert(int at, int count)
    {
        int tail = Length - at;
        Extend(count);
        _bytes.AsSpan(at, tail).CopyTo(_bytes.AsSpan(at + count));
        return _bytes.AsSpan(at, count);
    }

    /// <summary>Begins a table at the next multiple of 8.</summary>
    /// <returns>Where it begins.</returns>
    public int BeginTable(ReadOnlySpan<byte> signature, byte revision)
    {
        Align(8);
        int start = Length;
        Bytes(signature);
        U32(0);
        U8(revision);
        U8(0);
        Bytes(OemId);
        Bytes(OemTableId);
        U32(OemRevision);
        Bytes(CreatorId);
        U32(CreatorRevision);
        System.Diagnostics.Debug.Assert(Length - start == HeaderSize);
        return start;
    }

    /// <summary>Ends a table: length and checksum.</summary>
    public void EndTable(int start)
    {
        Span<byte> table = From(start);
        BinaryPrimitives.WriteInt32LittleEndian(table[LengthAt..], table.Length);
        table[ChecksumAt] = Checksum(table);
    }

    /// <summary>What makes the bytes sum up to 0, when stored where a 0 is now.</summary>
    public static byte Checksum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (byte value in bytes)
            sum = unchecked((byte)(sum + value));
        return unchecked((byte)-sum);
    }

    /// <summary>Appends a generic address structure for a one-byte register in I/O space (ACPI 6.5, 5.2.3.2).</summary>
    public void IoRegister(ushort port)
    {
        const byte systemIo = 1;
        const byte byteAccess = 1;
        U8(systemIo);
        U8(8);
        U8(0);
        U8(byteAccess);
        U64(port);
    }

    private Span<byte> Extend(int count)
    {
        if (count > _bytes.Length - Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}
