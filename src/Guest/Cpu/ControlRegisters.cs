namespace Vmm.Guest.Cpu;

/// <summary>Bits of CR0, CR4 and EFER (Intel SDM 3A, 2.5 and 2.2.1).</summary>
public static class ControlRegisters
{
    /// <summary>CR0.PE: protected mode.</summary>
    public const ulong Cr0ProtectionEnable = 1UL << 0;

    /// <summary>CR0.MP: WAIT honours TS.</summary>
    public const ulong Cr0MonitorCoprocessor = 1UL << 1;

    /// <summary>CR0.ET: fixed to 1 on every processor since the 486.</summary>
    public const ulong Cr0ExtensionType = 1UL << 4;

    /// <summary>CR0.NE: x87 faults are exceptions.</summary>
    public const ulong Cr0NumericError = 1UL << 5;

    /// <summary>CR0.WP: supervisor writes honour read-only pages.</summary>
    public const ulong Cr0WriteProtect = 1UL << 16;

    /// <summary>CR0.NW, set by a reset.</summary>
    public const ulong Cr0NotWriteThrough = 1UL << 29;

    /// <summary>CR0.CD, set by a reset.</summary>
    public const ulong Cr0CacheDisable = 1UL << 30;

    /// <summary>CR0.PG: paging.</summary>
    public const ulong Cr0Paging = 1UL << 31;

    /// <summary>CR4.PAE: eight-byte page table entries.</summary>
    public const ulong Cr4PhysicalAddressExtension = 1UL << 5;

    /// <summary>CR4.OSFXSR: SSE may be used.</summary>
    public const ulong Cr4OsFxsr = 1UL << 9;

    /// <summary>CR4.OSXMMEXCPT: SSE faults are #XM.</summary>
    public const ulong Cr4OsXmmExceptions = 1UL << 10;

    /// <summary>CR4.LA57: five levels of page tables.</summary>
    public const ulong Cr4FiveLevels = 1UL << 12;

    /// <summary>CR4.SMEP: the kernel executes nothing that programs can reach.</summary>
    public const ulong Cr4SupervisorExecutionPrevention = 1UL << 20;

    /// <summary>EFER.SCE: SYSCALL.</summary>
    public const ulong EferSystemCall = 1UL << 0;

    /// <summary>EFER.LME: long mode enabled.</summary>
    public const ulong EferLongModeEnable = 1UL << 8;

    /// <summary>EFER.LMA: long mode active.</summary>
    public const ulong EferLongModeActive = 1UL << 10;

    /// <summary>EFER.NXE: no-execute pages.</summary>
    public const ulong EferNoExecute = 1UL << 11;
}
