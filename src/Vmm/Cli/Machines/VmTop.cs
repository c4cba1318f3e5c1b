using System.Diagnostics;
using System.Globalization;
using Vmm.Host;
using Vmm.Metrics;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary>What <c>vmm top</c> shows: what changed in each running VM between two looks.</summary>
/// <param name="home">Where the VMs are.</param>
/// <param name="names">Which; all that run when empty.</param>
internal sealed class VmTop(VmHome home, IReadOnlyList<string> names)
{
    private readonly VmSampler _sampler = new(home);
    private Dictionary<string, (long At, MachineMetrics Metrics)> _before = [];

    /// <summary>Looks, and returns the screen.</summary>
    public string Look()
    {
        IReadOnlyList<VmRow> rows = [.. _sampler.Look(names).Where(row => row.Pid is not null)];
        Dictionary<string, (long At, MachineMetrics Metrics)> now = [];
        TextTable vcpus = new();
        vcpus.Add("VM", "VCPU", "GUEST%", "VMM%", "WAIT%", "IDLE%", "EXITS/S");
        foreach (VmRow row in rows)
        {
            if (Read(row.Name) is not { } metrics)
                continue;
            now[row.Name] = (Stopwatch.GetTimestamp(), metrics);
            if (_before.TryGetValue(row.Name, out (long At, MachineMetrics Metrics) before) && before.Metrics.Vcpus.Count == metrics.Vcpus.Count)
                AddVcpus(vcpus, row.Name, before.Metrics, metrics, Stopwatch.GetElapsedTime(before.At, now[row.Name].At));
        }
        _before = now;
        return string.Create(CultureInfo.InvariantCulture, $"vmm top  {DateTime.Now:HH:mm:ss}  {rows.Count} running, {rows.Sum(row => row.Vcpus)} vCPUs on {Environment.ProcessorCount} processors\n\n{ListCommand.Table(rows)}\n{vcpus}");
    }

    private static void AddVcpus(TextTable table, string name, MachineMetrics before, MachineMetrics now, TimeSpan elapsed)
    {
        for (int i = 0; i < now.Vcpus.Count; i++)
        {
            VcpuMetrics was = before.Vcpus[i];
            VcpuMetrics vcpu = now.Vcpus[i];
            double guest = Share(vcpu.GuestNs - was.GuestNs, elapsed);
            // On a processor, and not for the guest: this program answering an exit.
            double vmm = Share(vcpu.CpuNs - was.CpuNs, elapsed) - guest;
            double wait = Share(vcpu.WaitNs - was.WaitNs, elapsed);
            table.Add(name, vcpu.Vcpu.ToString(CultureInfo.InvariantCulture), Percent(guest), Percent(vmm), Percent(wait), Percent(100 - guest - vmm - wait),
                ((vcpu.Exits - was.Exits) / elapsed.TotalSeconds).ToString("#,0", CultureInfo.InvariantCulture));
        }
    }

    private MachineMetrics? Read(string name)
    {
        try
        {
            return StatsCommand.Read(home.Folder(name));
        }
        catch (VmmException)
        {
            // It has just ended.
            return null;
        }
    }

    private static double Share(long nanoseconds, TimeSpan elapsed) => 100 * nanoseconds / Math.Max(1, elapsed.TotalNanoseconds);

    private static string Percent(double value) => Math.Clamp(value, 0, 100).ToString("0.0", CultureInfo.InvariantCulture);
}
