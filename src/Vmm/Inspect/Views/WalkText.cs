using Vmm.Guest.Cpu.Paging;

namespace Vmm.Inspect.Views;

/// <summary>Page walks in words.</summary>
internal static class WalkText
{
    /// <summary>What kind of paging there is.</summary>
    public static string Mode(PagingMode mode) => mode switch
    {
        PagingMode.None => "no paging: addresses are physical",
        PagingMode.Bits32 => "32-bit paging",
        PagingMode.Pae => "PAE paging",
        PagingMode.Level4 => "4-level paging",
        _ => "5-level paging",
    };

    /// <summary>Why an address leads nowhere; null for one that leads somewhere.</summary>
    public static string? Fault(PageWalkResult walk) => walk.Fault switch
    {
        PageWalkFault.None => null,
        PageWalkFault.NotCanonical => $"0x{walk.Linear:x} is not canonical: bits 63 to {(walk.Mode == PagingMode.Level5 ? 56 : 47)} are not all the same",
        PageWalkFault.NotPresent => $"its {walk.FaultLevel} entry is not present",
        PageWalkFault.ReservedBits => $"its {walk.FaultLevel} entry has bits that must be 0 (0x{walk.FaultDetail:x})",
        _ => $"its {walk.FaultLevel} is at 0x{walk.FaultDetail:x}, where there is no RAM",
    };

    /// <summary>A page's size.</summary>
    public static string Size(ulong bytes) => bytes switch
    {
        0 => "",
        >= 1UL << 30 => $"{bytes >> 30} GiB",
        >= 1UL << 20 => $"{bytes >> 20} MiB",
        _ => $"{bytes >> 10} KiB",
    };

    /// <summary>What may be done with a page.</summary>
    public static IReadOnlyList<string> Rights(PageWalkResult walk) =>
        [walk.IsUser ? "user" : "supervisor", walk.IsWritable ? "writable" : "read-only", walk.IsNoExecute ? "no-execute" : "executable"];
}
