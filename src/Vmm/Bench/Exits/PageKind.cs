namespace Vmm.Bench.Exits;

/// <summary>What lies behind the pages that a row touches.</summary>
internal enum PageKind
{
    /// <summary>It touches none.</summary>
    None,

    /// <summary>Nothing: the host gives it a page of 4 KiB.</summary>
    Fresh,

    /// <summary>Nothing: the host gives it a page of 2 MiB.</summary>
    Huge,

    /// <summary>A page that was there already, whose slot has its writes logged since.</summary>
    Logged,

    /// <summary>Nothing: a thread of this program serves the fault through userfaultfd.</summary>
    Served,
}
