using Vmm.Host;

namespace Vmm.Machine.Config;

/// <summary>Checks which processors vCPUs are kept on. Whether the host has them is asked when the machine is built.</summary>
internal static class AffinityResolver
{
    private const string Field = "cpus.affinity";

    /// <summary>Returns it in order.</summary>
    /// <param name="affinity">As the user gave it; null when nothing is kept anywhere.</param>
    /// <param name="vcpus">How many vCPUs there are.</param>
    /// <exception cref="MachineConfigException">A vCPU is not there or named twice, or a set is empty or out of range.</exception>
    public static IReadOnlyList<VcpuAffinity>? Resolve(IReadOnlyList<VcpuAffinity>? affinity, int vcpus)
    {
        if (affinity is null || affinity.Count == 0)
            return null;
        HashSet<int> seen = [];
        List<VcpuAffinity> resolved = [];
        for (int i = 0; i < affinity.Count; i++)
        {
            if (affinity[i] is not { } one)
                throw new MachineConfigException($"{Field}[{i}]", "null is not possible here");
            if (one.Vcpu is int vcpu && (vcpu < 0 || vcpu >= vcpus))
                throw new MachineConfigException(Field, $"there is no vCPU {vcpu}: this machine has 0 to {vcpus - 1}");
            if (one.Vcpu is null && affinity.Count > 1)
                throw new MachineConfigException(Field, "an entry without a vCPU is for all of them and stands alone");
            if (one.Vcpu is int named && !seen.Add(named))
                throw new MachineConfigException(Field, $"vCPU {named} is named twice");
            resolved.Add(one with { HostCpus = InOrder(one.HostCpus) });
        }
        return resolved;
    }

    private static List<int> InOrder(IReadOnlyList<int> numbers)
    {
        if (numbers.Count == 0)
            throw new MachineConfigException(Field, "names no processor of the host");
        foreach (int number in numbers)
        {
            if (number is < 0 or >= Linux.MostProcessors)
                throw new MachineConfigException(Field, $"{number} is out of range: 0 to {Linux.MostProcessors - 1}");
        }
        return [.. new SortedSet<int>(numbers)];
    }
}
