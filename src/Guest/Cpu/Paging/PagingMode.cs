namespace Vmm.Guest.Cpu.Paging;

/// <summary>How a processor turns linear addresses into guest-physical ones (Intel SDM 3A, 4.1.1).</summary>
public enum PagingMode
{
    /// <summary>Not at all: a linear address is a physical one.</summary>
    None,

    /// <summary>32-bit paging: two levels of four-byte entries, pages of 4 KiB and, with CR4.PSE, 4 MiB.</summary>
    Bits32,

    /// <summary>PAE paging: three levels of eight-byte entries, the first of four entries.</summary>
    Pae,

    /// <summary>4-level paging of long mode: 48 bits of linear address.</summary>
    Level4,

    /// <summary>5-level paging of long mode: 57 bits of linear address.</summary>
    Level5,
}
