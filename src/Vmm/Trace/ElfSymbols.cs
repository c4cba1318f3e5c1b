using System.Buffers.Binary;
using System.Text;

namespace Vmm.Trace;

/// <summary>The symbols of a 64-bit little-endian ELF file (System V ABI, 4.17 "Symbol Table"). Nothing in the file is trusted.</summary>
internal static class ElfSymbols
{
    private const int HeaderSize = 64;
    private const int SectionOffsetAt = 0x28, SectionSizeAt = 0x3a, SectionCountAt = 0x3c;
    private const int SectionHeaderSize = 64;
    private const uint SymbolTableKind = 2;
    private const int SymbolSize = 24;
    private const int FunctionKind = 2, ObjectKind = 1, NoKind = 0;

    /// <summary>Whether a file is one.</summary>
    public static bool IsElf(ReadOnlySpan<byte> file) => file.Length >= HeaderSize && file.StartsWith("\u007fELF"u8) && file[4] == 2 && file[5] == 1;

    /// <summary>Its symbols with an address and a name; those that lie outside the file are left out.</summary>
    public static List<(ulong Address, string Name)> Read(byte[] file)
    {
        List<(ulong, string)> symbols = [];
        ulong sections = U64(file, SectionOffsetAt);
        int size = U16(file, SectionSizeAt), count = U16(file, SectionCountAt);
        if (size != SectionHeaderSize)
            return symbols;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = Slice(file, sections + (ulong)(i * size), SectionHeaderSize);
            if (header.IsEmpty || U32(header, 4) != SymbolTableKind)
                continue;
            ReadOnlySpan<byte> table = Slice(file, U64(header, 0x18), U64(header, 0x20));
            ReadOnlySpan<byte> link = Slice(file, sections + (ulong)U32(header, 0x28) * SectionHeaderSize, SectionHeaderSize);
            ReadOnlySpan<byte> names = link.IsEmpty ? [] : Slice(file, U64(link, 0x18), U64(link, 0x20));
            for (; table.Length >= SymbolSize; table = table[SymbolSize..])
            {
                if ((table[4] & 0xf) is FunctionKind or ObjectKind or NoKind && U64(table, 8) is var address and not 0 && U16(table, 6) != 0 && Name(names, U32(table, 0)) is { Length: > 0 } name)
                    symbols.Add((address, name));
            }
        }
        return symbols;
    }

    private static string Name(ReadOnlySpan<byte> names, uint at)
    {
        if (at >= (uint)names.Length)
            return "";
        ReadOnlySpan<byte> rest = names[(int)at..];
        int end = rest.IndexOf((byte)0);
        return end < 0 ? "" : Encoding.UTF8.GetString(rest[..end]);
    }

    private static ReadOnlySpan<byte> Slice(byte[] file, ulong start, ulong length) =>
        start <= (ulong)file.Length && length <= (ulong)file.Length - start ? file.AsSpan((int)start, (int)length) : [];

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
}
