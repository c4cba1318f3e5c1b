using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Machine;

/// <summary>On which of the host's processors each vCPU's thread is kept.</summary>
internal sealed class VcpuPinning
{
    private readonly IReadOnlyList<VcpuAffinity> _affinity;

    private VcpuPinning(IReadOnlyList<VcpuAffinity> affinity) => _affinity = affinity;

    /// <summary>What a configuration asks for, once the host is known to have it; null when it asks for nothing.</summary>
    /// <param name="cpus">Resolved.</param>
    /// <param name="allowed">The processors that vmm may use, ascending; null to ask the host.</param>
    /// <exception cref="VmmException">A processor is not there.</exception>
    public static VcpuPinning? Of(CpuConfig cpus, IReadOnlyList<int>? allowed = null)
    {
        if (cpus.Affinity is not { } affinity)
            return null;
        allowed ??= HostProcessors.Allowed();
        foreach (VcpuAffinity one in affinity)
        {
            foreach (int number in one.HostCpus)
            {
                if (!allowed.Contains(number))
                    throw new VmmException($"--cpus: affinity: vmm may use no processor {number} on this host; those it may use: {HostProcessors.Text(allowed)}", ExitCodes.Usage);
            }
        }
        return new(affinity);
    }

    /// <summary>The processors of a vCPU, or null when it may run on all.</summary>
    public IReadOnlyList<int>? For(int vcpu)
    {
        foreach (VcpuAffinity one in _affinity)
        {
            if (one.Vcpu is null || one.Vcpu == vcpu)
                return one.HostCpus;
        }
        return null;
    }
}
