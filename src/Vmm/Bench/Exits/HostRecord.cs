namespace Vmm.Bench.Exits;

/// <summary>All that is known to change what an exit costs, of the host that measured.</summary>
internal sealed record HostRecord
{
    /// <summary>When, in UTC.</summary>
    public required string Date { get; init; }

    /// <summary>Which vmm.</summary>
    public required string Vmm { get; init; }

    /// <summary>The processor's name.</summary>
    public required string Processor { get; init; }

    /// <summary>Its microcode's version.</summary>
    public required string Microcode { get; init; }

    /// <summary>How many processors this process may use.</summary>
    public required int Processors { get; init; }

    /// <summary>The kernel's release and version.</summary>
    public required string Kernel { get; init; }

    /// <summary>Modules of KVM that are loaded, or built in with parameters.</summary>
    public required IReadOnlyList<string> KvmModules { get; init; }

    /// <summary>Their parameters, as module.parameter.</summary>
    public required IReadOnlyDictionary<string, string> KvmParameters { get; init; }

    /// <summary>What the kernel does about each weakness of processors.</summary>
    public required IReadOnlyDictionary<string, string> Mitigations { get; init; }

    /// <summary>What chooses the processor's frequency; "none" where the host has no say in it.</summary>
    public required string Governor { get; init; }

    /// <summary>Whether the host is itself a guest, and what its processor offers.</summary>
    public required string Nesting { get; init; }

    /// <summary>The guest's TSC frequency in kHz: what turns cycles into nanoseconds.</summary>
    public required long TscKhz { get; init; }

    /// <summary>Where the threads were kept.</summary>
    public required string Pinned { get; init; }

    /// <summary>How much was measured.</summary>
    public required string Amount { get; init; }

    /// <summary>The compiler of the C program; why there is none.</summary>
    public required string Compiler { get; init; }
}
