namespace Vmm.Gdb;

/// <summary>The exceptions by which a processor stops for a debugger (Intel SDM 3A, 6.3.1).</summary>
internal static class GuestException
{
    /// <summary>#DB: a step, a debug register.</summary>
    public const uint Debug = 1;

    /// <summary>#BP: int3.</summary>
    public const uint Breakpoint = 3;
}
