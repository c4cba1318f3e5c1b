namespace Vmm.Machine.Config;

/// <summary>Completes sockets, cores and threads so that their product is the number of processors.</summary>
internal static class TopologyResolver
{
    /// <summary>Fills in what is missing.</summary>
    /// <exception cref="MachineConfigException">The numbers do not fit each other or the machine.</exception>
    public static CpuConfig Resolve(CpuConfig cpus)
    {
        CheckRange("cpus.count", cpus.Count);
        CheckRange("cpus.sockets", cpus.Sockets);
        CheckRange("cpus.cores", cpus.Cores);
        CheckRange("cpus.threads", cpus.Threads);

        int known = (cpus.Sockets ?? 1) * (cpus.Cores ?? 1) * (cpus.Threads ?? 1);
        int count = cpus.Count ?? known;
        CheckRange("cpus.count", count);
        int rest = count % known == 0 ? count / known : 0;
        bool complete = cpus is { Sockets: not null, Cores: not null, Threads: not null };
        if (rest == 0 || (complete && rest != 1))
            throw new MachineConfigException("cpus", Mismatch(cpus, known, count));
        return Distribute(cpus, count, rest);
    }

    /// <summary>What is not yet accounted for goes to the cores, or else the sockets, or else the threads: whichever was left open first.</summary>
    private static CpuConfig Distribute(CpuConfig cpus, int count, int rest)
    {
        int? cores = cpus.Cores;
        int? sockets = cpus.Sockets;
        int? threads = cpus.Threads;
        if (cores is null)
            cores = rest;
        else if (sockets is null)
            sockets = rest;
        else
            threads ??= rest;
        return new() { Count = count, Sockets = sockets ?? 1, Cores = cores, Threads = threads ?? 1, Affinity = AffinityResolver.Resolve(cpus.Affinity, count) };
    }

    private static void CheckRange(string field, int? value)
    {
        if (value is < 1 or > MachineLimits.LargestCpuCount)
            throw new MachineConfigException(field, $"{value} is out of range: 1 to {MachineLimits.LargestCpuCount}");
    }

    private static string Mismatch(CpuConfig cpus, int known, int count)
    {
        List<string> parts = [];
        if (cpus.Sockets is not null)
            parts.Add($"{cpus.Sockets} sockets");
        if (cpus.Cores is not null)
            parts.Add($"{cpus.Cores} cores");
        if (cpus.Threads is not null)
            parts.Add($"{cpus.Threads} threads");
        return $"{string.Join(" × ", parts)} = {known} does not give {count} processors; change the count or leave one of sockets, cores, threads out";
    }
}
