namespace Vmm.Gdb;

/// <summary>Why a guest stopped.</summary>
internal enum StopKind
{
    /// <summary>At its start, when a debugger came, or at a breakpoint that was set by another address of the same memory.</summary>
    Trap,

    /// <summary>Somebody asked for it.</summary>
    Interrupt,

    /// <summary>A step was done.</summary>
    Step,

    /// <summary>An int3 of the debugger's.</summary>
    SoftwareBreak,

    /// <summary>A debug register on an instruction.</summary>
    HardwareBreak,

    /// <summary>A debug register on writes.</summary>
    WriteWatch,

    /// <summary>A debug register on reads.</summary>
    ReadWatch,

    /// <summary>A debug register on reads and writes.</summary>
    AccessWatch,

    /// <summary>A vCPU cannot go on.</summary>
    Crash,
}
