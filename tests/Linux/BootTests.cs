using System.Globalization;
using System.Text.RegularExpressions;
using Vmm.Lab.Hosts;
using Vmm.Lab.Images;
using Vmm.Lab.Kernels;
using Vmm.Tests.Linux.Guests;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>
/// Debian's kernels, as they are. Six boots in which every two values of flavour, form, transport, CPUs and memory
/// meet at least once.
/// </summary>
public partial class BootTests
{
    /// <summary>What Linux takes for itself before it counts MemTotal: the kernel, its page structs, the initramfs.</summary>
    private const double LeastShareOfMemory = 0.75;

    [Theory]
    [InlineData(KernelFlavour.Cloud, KernelForm.BzImage, "pci", 1, 256)]
    [InlineData(KernelFlavour.Generic, KernelForm.BzImage, "mmio", 4, 6144)]
    [InlineData(KernelFlavour.Cloud, KernelForm.Vmlinux, "mmio", 4, 256)]
    [InlineData(KernelFlavour.Generic, KernelForm.Vmlinux, "pci", 1, 6144)]
    [InlineData(KernelFlavour.Cloud, KernelForm.Pvh, "pci", 4, 6144)]
    [InlineData(KernelFlavour.Generic, KernelForm.Pvh, "mmio", 1, 256)]
    public async Task Stock_kernel_reaches_a_shell_and_what_it_writes_is_there_afterwards(
        KernelFlavour flavour, KernelForm form, string transport, int cpus, int memoryMiB)
    {
        using var disk = await GuestDisk.HelloAsync();
        await using var guest = await GuestMachine.BootAsync(new GuestSpec
        {
            Flavour = flavour,
            Form = form,
            Transport = transport,
            Cpus = $"{cpus}",
            Memory = $"{memoryMiB}M",
            Disks = [disk.Path],
            Options = ["--stats"],
        });

        Assert.Equal($"{cpus}", await guest.RunAsync("nproc"));
        var memory = long.Parse(await guest.RunAsync("sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo"), CultureInfo.InvariantCulture);
        Assert.InRange(memory, memoryMiB * 1024L * LeastShareOfMemory, memoryMiB * 1024L);
        Assert.Equal(cpus > 1 ? $"0-{cpus - 1}" : "0", await guest.RunAsync("cat /sys/devices/system/cpu/online"));
        await AssertDevicesAsync(guest, transport);
        await AssertKernelLogIsCleanAsync(guest);

        await guest.RunAsync("mkdir -p /mnt && mount -t ext4 /dev/vda /mnt");
        Assert.Equal(DiskImage.HelloText, await guest.RunAsync("cat /mnt/hello.txt"));
        await guest.RunAsync("dd if=/dev/urandom of=/mnt/data bs=64k count=64 2>/dev/null; echo written by the guest > /mnt/note.txt; sync");
        var sum = await guest.RunAsync("echo 3 > /proc/sys/vm/drop_caches; sha256sum < /mnt/data | cut -d ' ' -f 1");

        Assert.Equal(0, await guest.PowerOffAsync());
        AssertStatisticsAddUp(guest.Session.Said);
        await disk.CheckAsync();
        Assert.Equal("written by the guest\n", await disk.ReadFileAsync("/note.txt"));
        Assert.Equal(sum, await disk.Sha256Async("/data"));
    }

    private static async Task AssertDevicesAsync(GuestMachine guest, string transport)
    {
        var drivers = await guest.RunAsync("for d in /sys/bus/virtio/devices/*; do readlink $d/driver; readlink -f $d; done");
        Assert.Contains("virtio_blk", drivers);
        Assert.Contains("virtio_rng", drivers);
        Assert.Contains(transport == "pci" ? "/pci0000:00/" : "/LNRO0005:", drivers);
        // On PCI each queue has its own vector; on MMIO each device its own line.
        Assert.Contains(transport == "pci" ? "virtio0-req.0" : "IO-APIC", await guest.RunAsync("grep virtio0 /proc/interrupts"));
        Assert.Equal("kvm-clock", await guest.RunAsync("cat /sys/devices/system/clocksource/clocksource0/current_clocksource"));
        Assert.StartsWith("virtio_rng", await guest.RunAsync("cat /sys/class/misc/hw_random/rng_current"));
        Assert.Equal("512", await guest.RunAsync("dd if=/dev/hwrng bs=512 count=1 2>/dev/null | wc -c"));
    }

    private static async Task AssertKernelLogIsCleanAsync(GuestMachine guest)
    {
        var log = await guest.RunAsync("dmesg");
        Assert.Contains("Hypervisor detected: KVM", log);
        Assert.Contains("Using ACPI (MADT) for SMP configuration information", log);
        Assert.Contains("1 ACPI AML tables successfully acquired and loaded", log);
        Assert.Contains("TSC deadline timer available", log);
        Assert.Contains("setting system clock to 20", log);
        var complaints = log.Split('\n').Where(line => Complaint().IsMatch(line) && !LabsOwn().IsMatch(line)).ToList();
        // Where one emulated processor carries four, on a busy host, the guest's watchdogs tell of that and of nothing else.
        if ((await LabHost.EnsureAsync()).Kind != "native" && complaints.RemoveAll(line => Starved().IsMatch(line)) is var starved and > 0)
            TestContext.Current.TestOutputHelper?.WriteLine($"The lab was starved: the guest's watchdogs complained {starved} times.");
        Assert.Empty(complaints);
    }

    private static void AssertStatisticsAddUp(string said)
    {
        var exits = ExitTable.Parse(said);
        Assert.Equal(exits.Total, exits.Reasons.Values.Sum());
        // Every access to a port or to memory-mapped registers is some device's, or nobody's.
        Assert.Equal(
            exits.Reasons.Where(reason => reason.Key is "io" or "mmio").Sum(reason => reason.Value),
            exits.Devices.Values.Sum());
        Assert.True(exits.Devices["serial0"] > 0);
    }

    [GeneratedRegex(@"stall|lockup|BUG:|WARNING|bare hardware|nobody cared|ACPI (BIOS )?(Error|Warning)|Firmware Bug|unchecked MSR|" +
                    @"call trace|I/O error|blk_update_request|timed out|reset failed|can't", RegexOptions.IgnoreCase)]
    private static partial Regex Complaint();

    [GeneratedRegex("rcu.*stall|stall.*rcu|rcu_.*kthread starved|soft lockup|clocksource.*watchdog", RegexOptions.IgnoreCase)]
    private static partial Regex Starved();

    /// <summary>
    /// QEMU's emulated SVM lets the guest's XSETBV pass without the exit that KVM needs to keep CPUID leaf 0xd current.
    /// Under QEMU as the VMM, the same kernel says the same.
    /// </summary>
    [GeneratedRegex(@"fpu__init_system_xstate|XSAVE consistency|Call Trace:", RegexOptions.IgnoreCase)]
    private static partial Regex LabsOwn();
}
