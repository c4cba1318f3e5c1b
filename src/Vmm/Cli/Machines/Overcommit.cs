using System.Globalization;
using Vmm.Cli.Check;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary>How much more the running VMs have been promised than the host has.</summary>
internal static class Overcommit
{
    /// <summary>Adds up the VMs that run, and one that is about to.</summary>
    /// <param name="home">Where they are.</param>
    /// <param name="more">A VM that does not run yet; null for none.</param>
    public static OvercommitReport Look(VmHome home, (string Name, int Vcpus, ulong Memory)? more = null)
    {
        HostCapacity host = HostCapacity.Read();
        IEnumerable<(string Name, int Vcpus, ulong Memory)> running = home.All()
            .Select(VmView.Look)
            .Where(view => view.Status is not null)
            .Select(view => (view.Folder.Name, view.Status!.Vcpus, view.Status.MemoryBytes));
        return OvercommitReport.Assess(host.Processors, host.TotalMemory, more is { } extra ? running.Append(extra) : running);
    }

    /// <summary>The ratios in a line.</summary>
    public static string Ratios(OvercommitReport report) => string.Create(CultureInfo.InvariantCulture,
        $"{report.Vcpus} vCPUs on {report.HostCpus} processors ({report.CpuRatio:0.0#}:1), {report.MemoryRatio * 100:0.#} % of the host's memory");

    /// <summary>What a creation is told of it: the ratios, and a line for each that is past what is recommended.</summary>
    public static IEnumerable<HostFinding> Findings(OvercommitReport report) =>
    [
        new("host", Verdict.Ok, $"{Ratios(report)}, with this VM"),
        .. report.Warnings.Select(warning => new HostFinding("host", Verdict.Lacks, warning)),
    ];
}
