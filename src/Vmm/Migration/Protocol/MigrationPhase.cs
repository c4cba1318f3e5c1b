namespace Vmm.Migration.Protocol;

/// <summary>
/// Where a migration is. Both sides go through the phases in this order, each takes only the messages of its phase
/// (<see cref="PhaseRules"/>), and tests break either side at each of them.
/// </summary>
internal enum MigrationPhase
{
    /// <summary>The source connects.</summary>
    Connect,

    /// <summary>Both say which protocol they speak.</summary>
    Hello,

    /// <summary>The source says what machine it is; the destination builds it, or refuses.</summary>
    Offer,

    /// <summary>The connections for memory are made.</summary>
    Channels,

    /// <summary>The guest runs at the source, and its memory comes in rounds.</summary>
    Rounds,

    /// <summary>The guest is held; what it wrote since the last round comes.</summary>
    LastRound,

    /// <summary>The guest is held; which pages are still to come is told, and the destination takes out what it has of them: post-copy only.</summary>
    Missing,

    /// <summary>The state of processors and devices comes.</summary>
    State,

    /// <summary>The source has given the guest up, and says so.</summary>
    Commit,

    /// <summary>The destination runs the guest, and says so.</summary>
    Started,

    /// <summary>The guest runs at the destination, and the rest of its memory comes: post-copy only.</summary>
    Pages,

    /// <summary>The link was lost while pages followed. The guest is the destination's for ever, and the source still has them: it takes it up again. Leads back to <see cref="Pages"/>.</summary>
    Recover,

    /// <summary>All is there.</summary>
    Done,
}
