namespace Vmm.Metrics;

/// <summary>What the machine's process uses of the host.</summary>
internal sealed record ProcessMetrics
{
    /// <summary>Memory in RAM, the guest's and what is shared with other processes included.</summary>
    public required long ResidentBytes { get; init; }

    /// <summary>Memory in RAM that no other process has, the guest's included.</summary>
    public required long PrivateBytes { get; init; }

    /// <summary>The part of <see cref="PrivateBytes"/> that is not the guest's RAM.</summary>
    public required long OverheadBytes { get; init; }

    /// <summary>Time of all its threads on processors.</summary>
    public required long CpuNs { get; init; }

    /// <summary>Threads.</summary>
    public required int Threads { get; init; }

    /// <summary>Open descriptors.</summary>
    public required int OpenFds { get; init; }
}
