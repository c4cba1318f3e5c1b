namespace Vmm.Trace.Recording.Stepping;

/// <summary>How far the stepping of a vCPU has come.</summary>
internal enum StepState
{
    /// <summary>It has not begun.</summary>
    None,

    /// <summary>It has not come to the address from which on it is stepped.</summary>
    Waiting,

    /// <summary>It is at that address, and has not run what is there.</summary>
    Arrived,

    /// <summary>Each instruction is wanted.</summary>
    Stepping,

    /// <summary>No more.</summary>
    Over,
}
