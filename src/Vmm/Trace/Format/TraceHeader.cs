namespace Vmm.Trace.Format;

/// <summary>What a trace is of. As JSON, the second line of it.</summary>
internal sealed record TraceHeader
{
    /// <summary>The VM's name.</summary>
    public string Machine { get; init; } = "";

    /// <summary>How many vCPUs it has.</summary>
    public int Vcpus { get; init; }

    /// <summary>Its kernel's or firmware's file; null when it has none.</summary>
    public string? Kernel { get; init; }

    /// <summary>The program that wrote it.</summary>
    public string Program { get; init; } = "";

    /// <summary>The host's kernel.</summary>
    public string Host { get; init; } = "";

    /// <summary>The host's processor.</summary>
    public string Processor { get; init; } = "";

    /// <summary>When it began, which is its time 0.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>Whether it began with the machine's first instruction.</summary>
    public bool FromStart { get; init; }

    /// <summary>What of the exits is in it; null for all.</summary>
    public ExitFilter? Filter { get; init; }
}
