namespace Vmm.Firmware;

/// <summary>What the guest <c>exits</c> does again and again between two readings of its time stamp counter: its parameter <c>row</c>.</summary>
public enum ExitAccess
{
    /// <summary>Nothing: what the measuring itself costs.</summary>
    Empty,

    /// <summary>CPUID, leaf 0.</summary>
    Cpuid,

    /// <summary>VMCALL with a number that no hypercall has.</summary>
    Vmcall,

    /// <summary>Reads CR8, the task priority.</summary>
    FromCr8,

    /// <summary>Writes 0 to CR8.</summary>
    ToCr8,

    /// <summary>Reads 4 bytes at the port <c>arg</c>.</summary>
    PortIn,

    /// <summary>Writes 4 bytes to the port <c>arg</c>.</summary>
    PortOut,

    /// <summary>Reads a byte at the port <c>arg</c>.</summary>
    PortInByte,

    /// <summary>Writes a zero byte to the port <c>arg</c>.</summary>
    PortOutByte,

    /// <summary>Reads 4 bytes at the address <c>arg</c>.</summary>
    MemoryRead,

    /// <summary>Writes 4 bytes to the address <c>arg</c>.</summary>
    MemoryWrite,

    /// <summary>Reads the model-specific register <c>arg</c>.</summary>
    MsrRead,

    /// <summary>Writes 0 to the model-specific register <c>arg</c>.</summary>
    MsrWrite,

    /// <summary>Writes a byte <c>arg</c> bytes behind the one before, from <see cref="ExitsLayout.Pages"/> on.</summary>
    Touch,

    /// <summary>An interrupt to itself, taken at once: STI, NOP.</summary>
    SelfIpiNop,

    /// <summary>An interrupt to itself that ends HLT.</summary>
    SelfIpiHalt,

    /// <summary>HLT until the host interrupts: from the host's signal, which it notes in the mailbox, to the handler.</summary>
    Halt,

    /// <summary>HLT until the local APIC's timer, <c>arg</c> counts away, interrupts: from setting it to the handler.</summary>
    Timer,

    /// <summary>An interrupt to a second vCPU that spins, until it answers in memory.</summary>
    Ipi,

    /// <summary>An interrupt to a second vCPU that is halted, until it answers in memory.</summary>
    IpiHalt,

    /// <summary>A doorbell, until the host answers in memory.</summary>
    Echo,
}
