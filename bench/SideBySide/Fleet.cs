using System.Globalization;
using Vmm.Lab.Hosts;

namespace Vmm.Bench.SideBySide;

/// <summary>
/// A hundred tiny VMs in the background: started, listed, paused, resumed, ended, removed; time and memory. Then as many of ours
/// and of QEMU's with the same guest: a hundred each where the host itself has a KVM for stock kernels; ten in an emulated lab,
/// where a hundred of QEMU's do not come up in twenty minutes.
/// </summary>
internal static class Fleet
{
    private const int Count = 100;
    private const int FewBeside = 10;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(20);

    /// <summary>Runs it and prints the table.</summary>
    /// <param name="vmm">The shipped binary.</param>
    public static async Task<int> RunAsync(string vmm)
    {
        ILabHost lab = await LabHost.EnsureAsync(progress: Console.Error.WriteLine);
        int beside = lab.Kind == "native" ? Count : FewBeside;
        string script = Path.Combine(AppContext.BaseDirectory, "Scripts", "fleet.sh");
        // Off the 9p share, so that neither program is measured as its file is fetched.
        string line = $"mkdir -p /tmp/bench && cp {vmm} {Path.GetDirectoryName(vmm)}/*.so /tmp/bench/ && /tmp/bench/vmm firmware write monitor /tmp/bench/monitor.elf"
            + $" && sh {script} /tmp/bench/vmm {Count} {beside} /tmp/bench/monitor.elf";
        var result = (await lab.RunAsync(line, s_patience)).EnsureSuccess();
        Dictionary<string, double> figures = [];
        Console.WriteLine($"fleet: {Count} idle VMs of 16 MiB in the background, {lab.Kind} lab");
        foreach (string[] words in result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(row => row.Split(' ')))
        {
            Console.WriteLine($"  {words[0],-20}{words[1],10} {words[2]}");
            figures[words[0]] = double.Parse(words[1], CultureInfo.InvariantCulture);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"vmm / QEMU, {beside} each: start {figures["vmm-start"] / figures["qemu-start"]:f3}, memory {figures["vmm-total"] / figures["qemu-total"]:f3}, private {figures["vmm-private-p50"] / figures["qemu-private-p50"]:f3}"));
        return figures["vmm-left"] + figures["all-left"] == 0 ? 0 : 1;
    }
}
