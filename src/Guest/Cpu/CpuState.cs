namespace Vmm.Guest.Cpu;

/// <summary>
/// What one processor's registers hold when it starts, as data. What is not named here (FPU, debug registers, MSRs) keeps
/// its value after reset.
/// </summary>
public sealed record CpuState
{
    /// <summary>General registers, RIP and RFLAGS.</summary>
    public GeneralRegisters General { get; init; } = new();

    /// <summary>CS.</summary>
    public SegmentState Cs { get; init; }

    /// <summary>DS.</summary>
    public SegmentState Ds { get; init; }

    /// <summary>ES.</summary>
    public SegmentState Es { get; init; }

    /// <summary>FS.</summary>
    public SegmentState Fs { get; init; }

    /// <summary>GS.</summary>
    public SegmentState Gs { get; init; }

    /// <summary>SS.</summary>
    public SegmentState Ss { get; init; }

    /// <summary>TR.</summary>
    public SegmentState Tr { get; init; }

    /// <summary>LDTR.</summary>
    public SegmentState Ldt { get; init; } = SegmentState.NoLdt;

    /// <summary>GDTR.</summary>
    public DescriptorTable Gdt { get; init; }

    /// <summary>IDTR. Limit 0 outside real mode: the first interrupt would be a triple fault, so the guest sets its own first.</summary>
    public DescriptorTable Idt { get; init; }

    /// <summary>CR0.</summary>
    public ulong Cr0 { get; init; } = ControlRegisters.Cr0ExtensionType;

    /// <summary>CR3.</summary>
    public ulong Cr3 { get; init; }

    /// <summary>CR4.</summary>
    public ulong Cr4 { get; init; }

    /// <summary>EFER.</summary>
    public ulong Efer { get; init; }
}
