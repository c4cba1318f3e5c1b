namespace Vmm.Inspect.Crash;

/// <summary>Exceptions that a crash goes back to (Intel SDM 3A, table 6-1).</summary>
internal static class ExceptionNames
{
    public const int Breakpoint = 3;
    public const int InvalidOpcode = 6;
    public const int DoubleFault = 8;
    public const int Protection = 13;
    public const int PageFault = 14;

    /// <summary>As manuals write them.</summary>
    public static string Of(int vector) => vector switch
    {
        0 => "#DE",
        1 => "#DB",
        Breakpoint => "#BP",
        InvalidOpcode => "#UD",
        DoubleFault => "#DF",
        Protection => "#GP",
        PageFault => "#PF",
        _ => $"vector {vector}",
    };
}
