using System.Buffers.Binary;

namespace Vmm.Inspect;

/// <summary>Finds ACPI tables in a guest's memory, as an operating system does (ACPI 6.5, 5.2.5).</summary>
internal static class AcpiSearch
{
    private const ulong BiosStart = 0xE_0000;
    private const ulong BiosEnd = 0x10_0000;
    private const int Alignment = 16;
    private const int RsdpSize = 36, OldRsdpSize = 20, RevisionAt = 15, RsdtAt = 16, XsdtAt = 24;

    /// <summary>Far more than there are: a list that is damaged ends here.</summary>
    private const int MostTables = 64;

    /// <summary>FADT: where the DSDT is, in 32 bits and in 64 (5.2.9).</summary>
    private const int DsdtAt = 40, XDsdtAt = 140;

    /// <summary>Where the RSDP is; null when there is none.</summary>
    public static ulong? FindRsdp(ReadMemory read)
    {
        byte[] rsdp = new byte[RsdpSize];
        for (ulong at = BiosStart; at < BiosEnd; at += Alignment)
        {
            if (read(at, rsdp) && rsdp.AsSpan().StartsWith("RSD PTR "u8) && AcpiTable.Sum(rsdp.AsSpan(0, OldRsdpSize)) == 0)
                return at;
        }
        return null;
    }

    /// <summary>The table of tables, those that it names, and the DSDT that the FADT names.</summary>
    /// <param name="read">Reads guest memory.</param>
    /// <param name="rsdp">Where the RSDP is.</param>
    /// <returns>The tables; what cannot be read is an address without one.</returns>
    public static IReadOnlyList<(ulong Address, AcpiTable? Table)> Tables(ReadMemory read, ulong rsdp)
    {
        byte[] root = new byte[RsdpSize];
        if (!read(rsdp, root))
            return [];
        ulong xsdt = root[RevisionAt] >= 2 ? BinaryPrimitives.ReadUInt64LittleEndian(root.AsSpan(XsdtAt)) : 0;
        int width = xsdt != 0 ? sizeof(ulong) : sizeof(uint);
        ulong at = xsdt != 0 ? xsdt : BinaryPrimitives.ReadUInt32LittleEndian(root.AsSpan(RsdtAt));
        List<(ulong, AcpiTable?)> found = [];
        AcpiTable? list = AcpiTable.TryRead(read, at);
        found.Add((at, list));
        for (int entry = AcpiTable.HeaderSize; list is not null && entry + width <= list.Content.Length && found.Count < MostTables; entry += width)
        {
            ulong address = width == sizeof(ulong) ? list.U64(entry) : list.U32(entry);
            AcpiTable? table = AcpiTable.TryRead(read, address);
            found.Add((address, table));
            if (table?.Signature == "FACP" && DsdtOf(table) is var dsdt && dsdt != 0)
                found.Add((dsdt, AcpiTable.TryRead(read, dsdt)));
        }
        return found;
    }

    private static ulong DsdtOf(AcpiTable fadt)
    {
        ulong wide = fadt.U64(XDsdtAt);
        return wide != 0 ? wide : fadt.U32(DsdtAt);
    }
}
