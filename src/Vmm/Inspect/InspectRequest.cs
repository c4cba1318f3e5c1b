namespace Vmm.Inspect;

/// <summary>What to look at, as a command line or another process asks for it.</summary>
/// <param name="Topic">What.</param>
internal sealed record InspectRequest(InspectTopic Topic)
{
    /// <summary>Of which vCPU.</summary>
    public int Vcpu { get; init; }

    /// <summary>An address or a register's name; a device's name.</summary>
    public string? Where { get; init; }

    /// <summary>How many instructions or bytes.</summary>
    public int? Count { get; init; }

    /// <summary>Whether the address is a guest-physical one.</summary>
    public bool Physical { get; init; }

    /// <summary>How many addresses are looked up by KVM, too; null for none.</summary>
    public int? Check { get; init; }
}
