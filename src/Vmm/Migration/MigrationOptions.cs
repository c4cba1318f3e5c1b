namespace Vmm.Migration;

/// <summary>How a migration is to go about it.</summary>
internal sealed record MigrationOptions
{
    /// <summary>The most connections for memory.</summary>
    public const int MostConnections = 128;

    /// <summary>How long the guest may be held.</summary>
    public TimeSpan Downtime { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Connections for memory.</summary>
    public int Connections { get; init; } = 1;

    /// <summary>Whether pages are compressed.</summary>
    public bool Zstd { get; init; }

    /// <summary>Bytes in a second, over all connections; 0 for no limit.</summary>
    public double Bandwidth { get; init; }

    /// <summary>Whether a guest that writes too much is slowed down.</summary>
    public bool AutoConverge { get; init; }

    /// <summary>How long memory may go on being sent while the guest runs at the source.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What is done then.</summary>
    public TimeoutPolicy OnTimeout { get; init; } = TimeoutPolicy.Cancel;

    /// <summary>Where the guest runs while its memory goes.</summary>
    public MigrationMode Mode { get; init; }

    /// <summary>Whether the guest may start at the destination before all of its memory is there.</summary>
    public bool MayPostCopy => Mode is MigrationMode.Postcopy or MigrationMode.Hybrid || (Mode == MigrationMode.Precopy && OnTimeout == TimeoutPolicy.Postcopy);

    /// <summary>Whether the memory itself goes, by its descriptor, to a process on this host.</summary>
    public bool Local => Mode == MigrationMode.Local;

    /// <summary>Where the certificates are, absolute; null for connections that are not encrypted.</summary>
    public string? TlsFolder { get; init; }

    /// <summary>The name that the destination's certificate must bear; null for that of the host which is connected to.</summary>
    public string? TlsName { get; init; }

    /// <summary>How long the other side may be silent.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
