using Vmm.Host;

namespace Vmm.Bench.Exits;

/// <summary>Which processors of the host are used.</summary>
/// <param name="Vcpu">Where the measured vCPU is kept.</param>
/// <param name="Others">Where everything else is kept: the same one when there is but one.</param>
/// <param name="Usable">How many this process may use.</param>
internal sealed record HostPlacement(int Vcpu, int Others, int Usable)
{
    /// <summary>Whether two threads can run at once.</summary>
    public bool HasTwo => Vcpu != Others;

    /// <summary>Takes two of those that this process may use: the last, which the host is the least busy with, and the first.</summary>
    public static HostPlacement Choose()
    {
        IReadOnlyList<int> allowed = HostProcessors.Allowed();
        return new(allowed[^1], allowed[0], allowed.Count);
    }
}
