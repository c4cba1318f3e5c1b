namespace Vmm.Guest.Cpu.Paging;

/// <summary>Where a linear address leads, and by which entries.</summary>
public sealed record PageWalkResult
{
    /// <summary>The address that was looked up.</summary>
    public required ulong Linear { get; init; }

    /// <summary>How.</summary>
    public required PagingMode Mode { get; init; }

    /// <summary>The entries that were read, the outermost first.</summary>
    public IReadOnlyList<PageWalkStep> Steps { get; init; } = [];

    /// <summary>Why it leads nowhere, if it does not.</summary>
    public PageWalkFault Fault { get; init; }

    /// <summary>The table at which it ended, for a fault that is one of a table.</summary>
    public PageLevel? FaultLevel { get; init; }

    /// <summary>Where the table is that is outside of RAM; the bits that must be 0, of <see cref="PageWalkFault.ReservedBits"/>.</summary>
    public ulong FaultDetail { get; init; }

    /// <summary>The guest-physical address; only without a fault.</summary>
    public ulong Physical { get; init; }

    /// <summary>Bytes of the page that it is in; 0 without paging.</summary>
    public ulong PageSize { get; init; }

    /// <summary>Whether it leads somewhere.</summary>
    public bool IsMapped => Fault == PageWalkFault.None;

    /// <summary>Whether every entry allows writing.</summary>
    public bool IsWritable => All(PageEntry.Writable);

    /// <summary>Whether every entry allows CPL 3.</summary>
    public bool IsUser => All(PageEntry.User);

    /// <summary>Whether an entry forbids executing.</summary>
    public bool IsNoExecute => Steps.Any(step => (step.Value & PageEntry.NoExecute) != 0);

    /// <summary>The entry of a PAE directory-pointer table has no rights: it takes none away.</summary>
    private bool All(ulong right) => Steps.All(step => (step.Value & right) != 0 || (Mode == PagingMode.Pae && step.Level == PageLevel.PDPT));
}
