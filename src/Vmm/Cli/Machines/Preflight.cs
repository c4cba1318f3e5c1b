using System.Globalization;
using Vmm.Cli.Check;
using Vmm.Host;
using Vmm.Kvm;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Storage;

namespace Vmm.Cli.Machines;

/// <summary>Looks, before a VM is created, at everything that it will need: what a start would refuse later is told now, all of it at once.</summary>
internal static class Preflight
{
    /// <summary>Looks at each thing.</summary>
    /// <param name="config">Resolved.</param>
    public static IReadOnlyList<HostFinding> Look(MachineConfig config)
    {
        CpuTopology cpus = config.Cpus.Topology;
        List<HostFinding> findings =
        [
            Try("processors", () =>
            {
                using KvmSystem kvm = KvmSystem.Open();
                KvmRequirements.Check(kvm, cpus.Count);
                return string.Create(CultureInfo.InvariantCulture, $"{cpus.Count} of {cpus.Sockets} sockets × {cpus.Cores} cores × {cpus.Threads} threads");
            }),
            Try("memory", () =>
            {
                GuestRam.RefuseMoreThanTheHostHas(config.Memory.Size.Bytes);
                return config.Memory.Size.ToString();
            }),
            Try(config.Kernel is null ? "firmware" : "kernel", () =>
            {
                using KernelImages images = new(config);
                return config.Kernel ?? $"{config.Firmware}, built in";
            }),
        ];
        foreach (DiskConfig disk in config.Disk)
        {
            findings.Add(Try($"disk {disk.Id}", () =>
            {
                using ImageFile image = ImageOpener.Open(new RawDiskOptions(disk.Path) { ReadOnly = disk.Readonly, Direct = disk.Direct, Id = disk.Id });
                return $"{disk.Path}, free";
            }));
        }
        foreach (NetConfig net in config.Net)
            findings.Add(Try($"net {net.Id}", () => NetPreflight.Look(net)));
        return findings;
    }

    private static HostFinding Try(string name, Func<string> look)
    {
        try
        {
            return new(name, Verdict.Ok, look());
        }
        catch (Exception refused) when (refused is VmmException or HostException)
        {
            return new(name, Verdict.Fails, refused.Message);
        }
    }
}
