namespace Vmm.Guest.Cpu.Paging;

/// <summary>What a level of page tables of 64-bit entries covers (Intel SDM 3A, 4.2): an index of 9 bits, above those of the levels below it.</summary>
public static class PageLevels
{
    /// <summary>Bits of an address within a page of 4 KiB.</summary>
    public const int PageShift = 12;

    /// <summary>Bits of an address that index one table.</summary>
    public const int BitsPerLevel = 9;

    /// <summary>Entries of a table.</summary>
    public const int EntriesPerTable = 1 << BitsPerLevel;

    /// <summary>The lowest bit of an address that indexes this level's table: an entry covers 2 to that many bytes.</summary>
    public static int Shift(this PageLevel level) => PageShift + ((int)level - 1) * BitsPerLevel;
}
