namespace Vmm.Guest.Cpu.Paging;

/// <summary>Bits of page table entries of every kind (Intel SDM 3A, 4.3 to 4.5).</summary>
public static class PageEntry
{
    /// <summary>P: the entry leads on.</summary>
    public const ulong Present = 1UL << 0;

    /// <summary>RW: what is below may be written.</summary>
    public const ulong Writable = 1UL << 1;

    /// <summary>US: what is below may be used at CPL 3.</summary>
    public const ulong User = 1UL << 2;

    /// <summary>PWT: write-through.</summary>
    public const ulong WriteThrough = 1UL << 3;

    /// <summary>PCD: not cached.</summary>
    public const ulong CacheDisable = 1UL << 4;

    /// <summary>A: was used.</summary>
    public const ulong Accessed = 1UL << 5;

    /// <summary>D: was written to. In entries of pages only.</summary>
    public const ulong Dirty = 1UL << 6;

    /// <summary>PS: the entry is a large page, not a table. In a page table's entry it is PAT.</summary>
    public const ulong LargePage = 1UL << 7;

    /// <summary>G: survives a change of CR3. In entries of pages only.</summary>
    public const ulong Global = 1UL << 8;

    /// <summary>Of an entry, and of CR3: where the next table is, or a page of 4 KiB (bits 51 to 12; table 4-15 and on).</summary>
    public const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    /// <summary>NX: nothing below may be executed. With EFER.NXE only.</summary>
    public const ulong NoExecute = 1UL << 63;

    private static readonly (ulong Bit, string Name)[] s_names =
    [
        (Present, "P"), (Writable, "RW"), (User, "US"), (WriteThrough, "PWT"), (CacheDisable, "PCD"), (Accessed, "A"),
        (Dirty, "D"), (LargePage, "PS"), (Global, "G"), (NoExecute, "NX"),
    ];

    /// <summary>The names of the flags that are set, as in the manuals: <c>P RW US PWT PCD A D PS G NX</c>.</summary>
    /// <param name="value">An entry.</param>
    /// <param name="level">Whose it is: bit 7 has another name in a page table.</param>
    public static IReadOnlyList<string> Names(ulong value, PageLevel level) =>
        [.. s_names.Where(flag => (value & flag.Bit) != 0).Select(flag => flag.Bit == LargePage && level == PageLevel.PT ? "PAT" : flag.Name)];
}
