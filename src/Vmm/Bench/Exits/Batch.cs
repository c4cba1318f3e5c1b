namespace Vmm.Bench.Exits;

/// <summary>What one run of the guest gave.</summary>
/// <param name="Samples">TSC cycles, in the order in which they came; empty when it gave none.</param>
/// <param name="OutsideNs">Nanoseconds a turn as the host sees it: the time of all of them, the guest's loop included, over their number.</param>
/// <param name="Reason">Why there are none; null when there are.</param>
internal sealed record Batch(ulong[] Samples, double OutsideNs, string? Reason)
{
    /// <summary>One that gave nothing.</summary>
    public static Batch Without(string reason) => new([], 0, reason);
}
