namespace Vmm.Migration;

/// <summary>How a migration ended.</summary>
internal enum MigrationEnding
{
    /// <summary>The guest runs at the destination, and all of its memory is there or follows it.</summary>
    Migrated,

    /// <summary>It was given up, and the guest stays at the source.</summary>
    Cancelled,

    /// <summary>It failed, and the guest stays at the source, or where it was taken up again from.</summary>
    Failed,

    /// <summary>Nobody knows which side has the guest: it is held at the source for a person to decide.</summary>
    Undecided,

    /// <summary>The guest runs at the destination, and the link was lost while its memory followed.</summary>
    Lost,
}
