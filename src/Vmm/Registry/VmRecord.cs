using Vmm.Snapshot;

namespace Vmm.Registry;

/// <summary>What is known of a VM's life beside its description, kept in its folder.</summary>
internal sealed record VmRecord
{
    /// <summary>The process that runs it, or ran it last.</summary>
    public int? Pid { get; init; }

    /// <summary>Whether it runs at a terminal of its user's.</summary>
    public bool Foreground { get; init; }

    /// <summary>Whether its folder goes when it ends.</summary>
    public bool RemoveAtEnd { get; init; }

    /// <summary>Whether its guest is on its way here by migration, and has never run here.</summary>
    public bool Arriving { get; init; }

    /// <summary>The snapshot that its next start is from; null for power-on.</summary>
    public RestoreSettings? Restore { get; init; }

    /// <summary>Whether its next start is to hold the guest before its first instruction.</summary>
    public bool StartPaused { get; init; }

    /// <summary>Where its process serves the REST API, absolute; null for nowhere.</summary>
    public string? ApiSocket { get; init; }

    /// <summary>Where its process writes what happens, absolute; null for nowhere.</summary>
    public string? EventMonitor { get; init; }

    /// <summary>When it was described, UTC.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was started last, UTC.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When its last run ended, UTC; null while it runs, and after a process that was killed.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>How its last run ended, in a word or two.</summary>
    public string? Outcome { get; init; }

    /// <summary>What its process exited with.</summary>
    public int? ExitCode { get; init; }
}
