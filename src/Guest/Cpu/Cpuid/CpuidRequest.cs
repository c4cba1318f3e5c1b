namespace Vmm.Guest.Cpu.Cpuid;

/// <summary>What the guest's processors are to look like.</summary>
public sealed record CpuidRequest
{
    /// <summary>How they are laid out.</summary>
    public required ProcessorTopology Topology { get; init; }

    /// <summary>Features to take away, by name, with what depends on them.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];

    /// <summary>Features that must be there, by name. Those that KVM lists are there anyway.</summary>
    public IReadOnlyList<string> Added { get; init; } = [];

    /// <summary>Features that KVM lists although they do not work on this host, by name.</summary>
    public IReadOnlyList<string> Masked { get; init; } = [];

    /// <summary>Whether KVM has KVM_CAP_TSC_DEADLINE_TIMER: it does not list the feature by itself.</summary>
    public bool TscDeadlineTimer { get; init; }
}
