using System.Globalization;
using Vmm.Machine.Config;

namespace Vmm.Machine;

/// <summary>How much more has been promised to machines than the host has.</summary>
/// <remarks>
/// The ratios at which it warns are Red Hat's: "Virtualization Deployment and Administration Guide" for Red Hat Enterprise
/// Linux 7, 7.3, "Overcommitting Virtualized CPUs": not more than 10 vCPUs to a processor core in all, and no machine with
/// more vCPUs than the host has processors. KubeVirt plans with the same 10 (cpuAllocationRatio, its default). Memory
/// beyond the host's own works only with swap, so the warning there begins at 1.
/// </remarks>
/// <param name="Vcpus">vCPUs of all machines.</param>
/// <param name="HostCpus">Processors of the host.</param>
/// <param name="Memory">Bytes of RAM of all machines.</param>
/// <param name="HostMemory">Bytes of memory of the host.</param>
/// <param name="Warnings">One line each; none when all is well.</param>
internal sealed record OvercommitReport(int Vcpus, int HostCpus, ulong Memory, ulong HostMemory, IReadOnlyList<string> Warnings)
{
    /// <summary>vCPUs to a processor, beyond which Red Hat does not recommend to go.</summary>
    public const int MostVcpusToAProcessor = 10;

    private const string Source = "RHEL 7 Virtualization Deployment and Administration Guide, 7.3";

    /// <summary>vCPUs to a processor of the host.</summary>
    public double CpuRatio => HostCpus > 0 ? (double)Vcpus / HostCpus : 0;

    /// <summary>RAM of the machines to memory of the host.</summary>
    public double MemoryRatio => HostMemory > 0 ? (double)Memory / HostMemory : 0;

    /// <summary>Adds up what machines have.</summary>
    /// <param name="hostCpus">Processors of the host.</param>
    /// <param name="hostMemory">Bytes of memory of the host.</param>
    /// <param name="machines">Those that run, and any that is about to.</param>
    public static OvercommitReport Assess(int hostCpus, ulong hostMemory, IEnumerable<(string Name, int Vcpus, ulong Memory)> machines)
    {
        List<string> warnings = [];
        int vcpus = 0;
        UInt128 memory = 0;
        foreach ((string name, int count, ulong bytes) in machines)
        {
            vcpus += count;
            memory += bytes;
            if (count > hostCpus)
                warnings.Add($"{name} has more vCPUs ({count}) than the host has processors ({hostCpus}): its vCPUs wait for each other ({Source})");
        }
        OvercommitReport report = new(vcpus, hostCpus, memory > ulong.MaxValue ? ulong.MaxValue : (ulong)memory, hostMemory, warnings);
        if (vcpus > (long)hostCpus * MostVcpusToAProcessor)
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{vcpus} vCPUs on {hostCpus} processors are {report.CpuRatio:0.0} to one: more than {MostVcpusToAProcessor} are not recommended ({Source})"));
        if (report.Memory > hostMemory)
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"the machines' memory ({Size(report.Memory)}) is {report.MemoryRatio:0.0} times the host's ({Size(hostMemory)}): once they use it, the host swaps or kills one"));
        return report;
    }

    /// <summary>Rounded to MiB: for reading, not for configuration.</summary>
    private static ByteSize Size(ulong bytes) => new(bytes >> 20 << 20);
}
