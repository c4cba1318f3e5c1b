using System.Buffers.Binary;
using Vmm.Firmware.Assembly;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// Page tables that map the first 4 GiB onto themselves with pages of 2 MiB (Intel SDM 3A, 4.5). They are part of the
/// image: filling 2,048 entries instruction by instruction would be most of the run time of a small guest where an
/// emulator executes it.
/// </summary>
internal static class PageTables
{
    private const int TableSize = 4096;
    private const int EntrySize = 8;
    private const int EntriesPerTable = 512;
    private const int Directories = 4;
    private const ulong LargePage = 2 << 20;

    /// <summary>Present, writable, and reachable from CPL 3 too: nothing is protected here.</summary>
    private const ulong Flags = 0b111;

    /// <summary>PS: the entry maps a page of 2 MiB itself (SDM 3A, table 4-18).</summary>
    private const ulong PageSizeFlag = 1 << 7;

    private const uint PointerTable = GuestLayout.PageTables + TableSize;
    private const uint FirstDirectory = PointerTable + TableSize;

    public static byte[] Build()
    {
        byte[] tables = new byte[(2 + Directories) * TableSize];
        Write(tables, GuestLayout.PageTables, 0, PointerTable | Flags);
        for (uint directory = 0; directory < Directories; directory++)
        {
            uint at = FirstDirectory + directory * TableSize;
            Write(tables, PointerTable, directory, at | Flags);
            for (uint entry = 0; entry < EntriesPerTable; entry++)
            {
                ulong page = (directory * EntriesPerTable + entry) * LargePage;
                Write(tables, at, entry, page | PageSizeFlag | Flags);
            }
        }
        return tables;
    }

    public static ImageSection ToSection(byte[] tables) => new(
        "page-tables", SectionKind.Data, GuestLayout.PageTables, GuestLayout.PageTables, tables,
        [
            new ImageMark(GuestLayout.PageTables, "pml4", true),
            new ImageMark(PointerTable, "pdpt", true),
            new ImageMark(FirstDirectory, "directories", true),
        ]);

    private static void Write(byte[] tables, uint table, uint entry, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(
            tables.AsSpan((int)(table - GuestLayout.PageTables + entry * EntrySize)), value);
}
