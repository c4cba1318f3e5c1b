namespace Vmm.Consoles;

/// <summary>How a guest comes to run, as far as its consoles are concerned.</summary>
internal enum GuestStart
{
    /// <summary>It is booted.</summary>
    Begins,

    /// <summary>It goes on from a snapshot: what it printed before is its own.</summary>
    GoesOn,

    /// <summary>It arrives from another process, perhaps of this host, which has its files until then.</summary>
    Arrives,
}
