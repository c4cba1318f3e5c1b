namespace Vmm.Guest.Cpu;

/// <summary>The general registers, the instruction pointer and the flags.</summary>
public readonly record struct GeneralRegisters()
{
    /// <summary>RFLAGS with nothing set but bit 1, which always is (Intel SDM 1, 3.4.3). Interrupts are off.</summary>
    public const ulong FlagsAtStart = 0x2;

    /// <summary>RAX.</summary>
    public ulong Rax { get; init; }

    /// <summary>RBX.</summary>
    public ulong Rbx { get; init; }

    /// <summary>RCX.</summary>
    public ulong Rcx { get; init; }

    /// <summary>RDX.</summary>
    public ulong Rdx { get; init; }

    /// <summary>RSI.</summary>
    public ulong Rsi { get; init; }

    /// <summary>RDI.</summary>
    public ulong Rdi { get; init; }

    /// <summary>RSP.</summary>
    public ulong Rsp { get; init; }

    /// <summary>RBP.</summary>
    public ulong Rbp { get; init; }

    /// <summary>R8.</summary>
    public ulong R8 { get; init; }

    /// <summary>R9.</summary>
    public ulong R9 { get; init; }

    /// <summary>R10.</summary>
    public ulong R10 { get; init; }

    /// <summary>R11.</summary>
    public ulong R11 { get; init; }

    /// <summary>R12.</summary>
    public ulong R12 { get; init; }

    /// <summary>R13.</summary>
    public ulong R13 { get; init; }

    /// <summary>R14.</summary>
    public ulong R14 { get; init; }

    /// <summary>R15.</summary>
    public ulong R15 { get; init; }

    /// <summary>RIP; relative to CS in real mode.</summary>
    public ulong Rip { get; init; }

    /// <summary>RFLAGS.</summary>
    public ulong Rflags { get; init; } = FlagsAtStart;
}
