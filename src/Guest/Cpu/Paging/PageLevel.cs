namespace Vmm.Guest.Cpu.Paging;

/// <summary>A level of page tables, by the number of the table that its entries are in: 1 is the table whose entries are pages of 4 KiB.</summary>
public enum PageLevel
{
    /// <summary>Page table.</summary>
    PT = 1,

    /// <summary>Page directory.</summary>
    PD = 2,

    /// <summary>Page-directory-pointer table.</summary>
    PDPT = 3,

    /// <summary>Page map, level 4.</summary>
    PML4 = 4,

    /// <summary>Page map, level 5.</summary>
    PML5 = 5,
}
