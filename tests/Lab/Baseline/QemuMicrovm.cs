using System.Diagnostics;
using System.Globalization;
using Vmm.Lab.Channel;
using Vmm.Lab.Hosts;

namespace Vmm.Lab.Baseline;

/// <summary>
/// The machine ours is measured against: <c>qemu-system-x86_64 -M microvm -accel kvm</c>, in the same lab, with the
/// same kernel, memory and disks. Virtio devices are on MMIO, found through ACPI.
/// </summary>
public sealed record QemuMicrovm(string Kernel, string Initramfs)
{
    /// <summary>QEMU's exit status after the marker image reached /init: 0x10 &lt;&lt; 1 | 1.</summary>
    public const int MarkerExit = 33;

    /// <summary>Memory in MiB.</summary>
    public int MemoryMiB { get; init; } = 256;

    /// <summary>Virtual CPUs.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>The kernel's command line.</summary>
    public string CommandLine { get; init; } = "console=ttyS0 panic=-1";

    /// <summary>Raw disk images, in the order of vda, vdb …; a leading "ro:" makes one read-only.</summary>
    public IReadOnlyList<string> Disks { get; init; } = [];

    /// <summary>Queues of each disk.</summary>
    public int Queues { get; init; } = 1;

    /// <summary>Whether there is a serial console, on standard input and output.</summary>
    public bool Console { get; init; } = true;

    /// <summary>More QEMU arguments.</summary>
    public IReadOnlyList<string> More { get; init; } = [];

    /// <summary>The command.</summary>
    public LabCommand ToCommand(bool pty = false)
    {
        List<string> arguments =
        [
            "qemu-system-x86_64", "-M", $"microvm,isa-serial={(Console ? "on" : "off")}", "-accel", "kvm", "-cpu", "host",
            "-smp", Cpus.ToString(CultureInfo.InvariantCulture), "-m", $"{MemoryMiB}M",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", Kernel, "-initrd", Initramfs, "-append", CommandLine,
            "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4",
        ];
        if (Console)
            arguments.AddRange(["-serial", "stdio"]);
        foreach (var (disk, index) in Disks.Select((disk, index) => (disk, index)))
        {
            var readOnly = disk.StartsWith("ro:", StringComparison.Ordinal);
            arguments.AddRange([
                "-drive", $"id=disk{index},file={(readOnly ? disk[3..] : disk)},format=raw,if=none" + (readOnly ? ",readonly=on" : ""),
                "-device", $"virtio-blk-device,drive=disk{index},num-queues={Queues}"]);
        }
        return new LabCommand([.. arguments, .. More]) { Pty = pty };
    }

    /// <summary>Boots to its end and says how long that took, as seen from this side of the lab.</summary>
    public async Task<(LabResult Result, TimeSpan Wall)> BootAsync(ILabHost host, TimeSpan timeout)
    {
        var clock = Stopwatch.StartNew();
        var result = await host.RunAsync(ToCommand(), default, timeout);
        return (result, clock.Elapsed);
    }
}
