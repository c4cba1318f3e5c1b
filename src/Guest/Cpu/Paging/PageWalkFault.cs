namespace Vmm.Guest.Cpu.Paging;

/// <summary>Why a linear address leads nowhere.</summary>
public enum PageWalkFault
{
    /// <summary>It leads somewhere.</summary>
    None,

    /// <summary>The address is not canonical: its upper bits do not repeat the highest one that paging uses (#GP, not #PF).</summary>
    NotCanonical,

    /// <summary>An entry is not present.</summary>
    NotPresent,

    /// <summary>An entry has bits that must be 0.</summary>
    ReservedBits,

    /// <summary>A table lies where there is no RAM to read it from.</summary>
    TableOutsideRam,
}
