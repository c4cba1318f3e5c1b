namespace Vmm.Kvm.State;

/// <summary>A vCPU's section: everything that KVM holds of it.</summary>
internal sealed record VcpuRecord
{
    /// <summary>Whether it runs, is halted or waits: KVM_MP_STATE_ number.</summary>
    public required uint MpState { get; init; }

    /// <summary>The frequency of its time stamp counter, in kHz; 0 where KVM did not tell.</summary>
    public required uint TscKhz { get; init; }

    /// <summary>General registers.</summary>
    public required GeneralRegisters General { get; init; }

    /// <summary>Segment, control and descriptor table registers.</summary>
    public required SystemRegisters System { get; init; }

    /// <summary>Debug registers.</summary>
    public required DebugRegisters Debug { get; init; }

    /// <summary>What was about to be delivered.</summary>
    public required PendingEvents Events { get; init; }

    /// <summary>Extended control registers.</summary>
    public required IReadOnlyList<NumberedRegister> Xcr { get; init; }

    /// <summary>Model-specific registers.</summary>
    public required IReadOnlyList<NumberedRegister> Msr { get; init; }

    /// <summary>The local APIC's page, 1,024 bytes.</summary>
    public required byte[] Lapic { get; init; }

    /// <summary>The XSAVE area in its standard form.</summary>
    public required byte[] Xsave { get; init; }

    /// <summary>What CPUID answers: seven numbers an entry, as KVM has them.</summary>
    public required IReadOnlyList<CpuidRecord> Cpuid { get; init; }
}

/// <summary>General registers.</summary>
internal sealed record GeneralRegisters(
    ulong Rax, ulong Rbx, ulong Rcx, ulong Rdx, ulong Rsi, ulong Rdi, ulong Rsp, ulong Rbp,
    ulong R8, ulong R9, ulong R10, ulong R11, ulong R12, ulong R13, ulong R14, ulong R15, ulong Rip, ulong Rflags);

/// <summary>A segment register with its hidden part.</summary>
internal sealed record SegmentRegister(ulong Base, uint Limit, ushort Selector, byte Type, byte Present, byte Dpl, byte Db, byte S, byte L, byte G, byte Avl, byte Unusable);

/// <summary>GDTR or IDTR.</summary>
internal sealed record TableRegister(ulong Base, ushort Limit);

/// <summary>Segment, control and descriptor table registers.</summary>
/// <remarks><c>PendingInterrupt</c>: the vector of an external interrupt that was injected and not yet taken; null for none.</remarks>
internal sealed record SystemRegisters(
    SegmentRegister Cs, SegmentRegister Ds, SegmentRegister Es, SegmentRegister Fs, SegmentRegister Gs, SegmentRegister Ss,
    SegmentRegister Tr, SegmentRegister Ldt, TableRegister Gdt, TableRegister Idt,
    ulong Cr0, ulong Cr2, ulong Cr3, ulong Cr4, ulong Cr8, ulong Efer, ulong ApicBase, byte? PendingInterrupt);

/// <summary>Debug registers.</summary>
internal sealed record DebugRegisters(ulong Db0, ulong Db1, ulong Db2, ulong Db3, ulong Dr6, ulong Dr7, ulong Flags);

/// <summary>What was about to be delivered; struct kvm_vcpu_events.</summary>
internal sealed record PendingEvents(
    byte ExceptionInjected, byte ExceptionVector, byte ExceptionHasErrorCode, byte ExceptionPending, uint ExceptionErrorCode,
    byte InterruptInjected, byte InterruptVector, byte InterruptSoft, byte InterruptShadow,
    byte NmiInjected, byte NmiPending, byte NmiMasked, uint SipiVector, uint Flags,
    byte Smm, byte SmiPending, byte SmmInsideNmi, byte InitLatched, byte TripleFault);

/// <summary>A register that has a number.</summary>
internal sealed record NumberedRegister(ulong Index, ulong Value);

/// <summary>An entry of CPUID; struct kvm_cpuid_entry2.</summary>
internal sealed record CpuidRecord(ulong Function, ulong Index, ulong Flags, ulong Eax, ulong Ebx, ulong Ecx, ulong Edx);
