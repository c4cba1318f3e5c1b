using System.Globalization;
using Vmm.Machine.Config;

namespace Vmm.Machine;

/// <summary>What a configuration asks of a cgroup: the option, the controller, the file, and what is written into it.</summary>
/// <param name="Option">The option's name, for messages.</param>
/// <param name="Controller">The controller that has the file.</param>
/// <param name="File">The file.</param>
/// <param name="Value">Its content.</param>
internal sealed record CgroupLimit(string Option, string Controller, string File, string Value)
{
    /// <summary>cpu.weight of a cgroup that was given none, and its limits (cgroup-v2, "CPU Interface Files").</summary>
    private const long DefaultWeight = 100, LeastWeight = 1, MostWeight = 10_000;

    /// <summary>cpu.shares of a cgroup that was given none.</summary>
    private const long DefaultShares = 1024;

    /// <summary>All that was asked for.</summary>
    public static IReadOnlyList<CgroupLimit> Of(MachineConfig config)
    {
        List<CgroupLimit> limits = [];
        if (config.CpuShares is int shares)
            limits.Add(new("cpu-shares", "cpu", "cpu.weight", Weight(shares).ToString(CultureInfo.InvariantCulture)));
        if (config.CpuQuota is { } quota)
            limits.Add(new("cpu-quota", "cpu", "cpu.max", string.Create(CultureInfo.InvariantCulture, $"{quota.Quota} {quota.Period}")));
        if (config.MemoryMax is { } most)
            limits.Add(new("memory-max", "memory", "memory.max", most.Bytes.ToString(CultureInfo.InvariantCulture)));
        return limits;
    }

    /// <summary>
    /// Shares as a weight: in proportion, so that 1024 becomes 100 and a machine that asks for the default gets it. systemd
    /// converts alike (CPUShares= to CPUWeight=); the older formula of runc maps 1024 to 39, below everybody else.
    /// </summary>
    public static long Weight(int shares) => Math.Clamp(shares * DefaultWeight / DefaultShares, LeastWeight, MostWeight);
}
