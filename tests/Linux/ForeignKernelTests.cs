using Vmm.Lab;
using Vmm.Lab.Channel;
using Vmm.Lab.Hosts;
using Vmm.Lab.Kernels;
using Vmm.Tests.Linux.Guests;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>
/// Kernels that nobody here wrote, as far as the devices carry them. docs/boot-protocols.md has the table, with those
/// that only a screen would show.
/// </summary>
public class ForeignKernelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Gnu_mach_finds_its_memory_and_asks_for_its_bootstrap_modules()
    {
        await using var guest = await StartAsync(ForeignImages.GnuMachAsync, "--memory", "64M", "--cmdline", "console=com0");
        await guest.ExpectAsync("GNU Mach 1.8", Patience);
        await guest.ExpectAsync("biosmem: 000000000000100000:000000000004000000, available", Patience);
        await guest.ExpectAsync("No bootstrap code loaded with the kernel!", Patience);
    }

    [Fact]
    public async Task Gnu_mach_takes_a_module_and_its_arguments()
    {
        await using var guest = await StartAsync(ForeignImages.GnuMachAsync, "--memory", "128M", "--cmdline", "console=com0", "--module", "/bin/true=first --flag");
        await guest.ExpectAsync("module 0: true first --flag", Patience);
    }

    [Fact]
    public async Task Xen_reads_the_tables_and_starts_its_first_module()
    {
        var linux = await KernelStore.GetAsync(KernelFlavour.Generic);
        await using var guest = await StartAsync(
            ForeignImages.XenAsync, "--memory", "1G", "--cmdline", "com1=115200,8n1 console=com1 no-real-mode edd=off loglvl=all",
            "--module", linux.BzImage + "=console=hvc0");
        await guest.ExpectAsync("(XEN) Bootloader: vmm", Patience);
        await guest.ExpectAsync("PCI: MCFG configuration 0: base e0000000 segment 0000 buses 00 - 0f", Patience);
        await guest.ExpectAsync("Using ACPI (MADT) for SMP configuration information", Patience);
        await guest.ExpectAsync("ENABLING IO-APIC IRQs", Patience);
    }

    [Theory]
    [InlineData("x64")]
    [InlineData("ia32")]
    public async Task Memtest_tests_the_memory(string width)
    {
        await using var guest = await StartAsync(() => ForeignImages.MemtestAsync(width), "--memory", "32M", "--cmdline", "console=ttyS0,115200");
        await guest.ExpectAsync("Memtest86+", Patience);
        await guest.ExpectAsync("Testing", Patience);
    }

    [Fact]
    public async Task Grub_is_entered_through_pvh_and_misses_xen()
    {
        await using var guest = await StartAsync(ForeignImages.GrubPvhAsync, "--memory", "64M");
        await guest.ExpectAsync("Found no Xen signature!", Patience);
    }

    /// <summary>It draws on a VGA screen that is not there; but it plays: it waits for the timer and asks for keys.</summary>
    [Fact]
    public async Task Invaders_run_without_a_screen()
    {
        var host = await LabHost.EnsureAsync();
        var image = await ImageAsync(ForeignImages.InvadersAsync);
        var result = await host.RunAsync($"timeout 10 {GuestSpec.Program} run --kernel {image} --memory 64M --stats </dev/null");
        Assert.True(ExitTable.Parse(result.Error).Devices["i8042"] > 100, result.Error);
    }

    private static async Task<LabSession> StartAsync(Func<Task<string>> image, params string[] options)
    {
        var host = await LabHost.EnsureAsync();
        var kernel = await ImageAsync(image);
        return await host.StartAsync(new LabCommand([GuestSpec.Program, "run", "--kernel", kernel, .. options]) { Pty = true });
    }

    private static async Task<string> ImageAsync(Func<Task<string>> image)
    {
        try
        {
            return await image();
        }
        catch (LabException missing)
        {
            Assert.Skip($"this Debian has no such package: {missing.Message}");
            throw;
        }
    }
}
