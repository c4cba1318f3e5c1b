namespace Vmm.Trace.Format;

/// <summary>How a trace ended, and what it counted. As JSON, its last block.</summary>
internal sealed record TraceEnd
{
    /// <summary>Why it ended.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Exits of the traced vCPUs while it lasted, those included that the filter kept out.</summary>
    public long Exits { get; init; }

    /// <summary>Exits that are in it.</summary>
    public long Recorded { get; init; }

    /// <summary>How long it lasted, in nanoseconds.</summary>
    public long Nanoseconds { get; init; }

    /// <summary>What the always-on accounting counted of the traced vCPUs while it lasted, by reason; it agrees with the records of an unfiltered trace, but for one that had enough (<c>--count</c>): the vCPUs ran on for a moment.</summary>
    public Dictionary<string, long> Accounting { get; init; } = [];
}
