namespace Vmm.Gdb.Breakpoints;

/// <summary>What became of a breakpoint.</summary>
internal enum BreakpointResult
{
    /// <summary>It is as was asked.</summary>
    Done,

    /// <summary>This host has none of that kind.</summary>
    Unsupported,

    /// <summary>As <see cref="Unsupported"/>, but the debugger must not make up for it by an int3 of its own, which would go to the guest.</summary>
    Refused,

    /// <summary>The address is not mapped, or no RAM.</summary>
    BadAddress,

    /// <summary>The length is none that there is.</summary>
    Malformed,

    /// <summary>No debug register is left, or there are too many.</summary>
    NoRoom,
}
