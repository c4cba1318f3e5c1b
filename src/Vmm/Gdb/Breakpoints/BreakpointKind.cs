namespace Vmm.Gdb.Breakpoints;

/// <summary>What a debugger can ask to be stopped by; the numbers are the protocol's (Z0 to Z4).</summary>
internal enum BreakpointKind
{
    /// <summary>An instruction that leaves the guest, in its memory.</summary>
    Software = 0,

    /// <summary>A debug register on an instruction.</summary>
    Hardware = 1,

    /// <summary>A debug register on writes.</summary>
    Write = 2,

    /// <summary>A debug register on reads. The processor has none for reads alone: it stops at writes too, and gdb passes those over in which the value changed.</summary>
    Read = 3,

    /// <summary>A debug register on reads and writes.</summary>
    Access = 4,
}
