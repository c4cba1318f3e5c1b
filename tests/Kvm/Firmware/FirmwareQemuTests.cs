using Vmm.Firmware;
using Vmm.Firmware.Guests;
using Xunit;

namespace Vmm.Tests.Kvm.Firmware;

/// <summary>Tiny guests under QEMU: they are PVH kernels for any VMM, not for ours alone.</summary>
public sealed class FirmwareQemuTests
{
    /// <summary>isa-debug-exit turns a guest's v into (v &lt;&lt; 1) | 1.</summary>
    private const int DebugExitWithSuccess = 1;

    public static TheoryData<string, string> NamesAndAccelerators()
    {
        var data = new TheoryData<string, string>();
        foreach (TinyGuest guest in FirmwareCatalog.All)
        {
            data.Add(guest.Name, "kvm");
            data.Add(guest.Name, "tcg");
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(NamesAndAccelerators))]
    public async Task Guest_prints_and_ends_as_its_entry_in_the_catalogue_says(string name, string accelerator)
    {
        Assert.SkipWhen(
            name == "probe" && accelerator == "kvm", "whether the probe gets through depends on the machine's KVM");
        TinyGuest guest = GuestNames.Guest(name);

        (GuestRun run, _) = await QemuRun.BootAsync(guest.BuildElf(), new QemuOptions(accelerator)
        {
            MemoryMiB = guest.Needs.MemoryMiB,
            Vcpus = guest.Needs.Vcpus,
            Typed = guest.Expectation.Typed,
        });

        run.AssertPrinted(guest.Expectation.Output);
        Assert.Equal(guest.Expectation.Ending == GuestEnding.PowerOff ? 0 : DebugExitWithSuccess, run.ExitCode);
    }

    [Theory]
    [InlineData("q35")]
    [InlineData("pc")]
    [InlineData("microvm,acpi=off")]
    public async Task Hello_ends_by_whichever_way_off_the_machine_has(string machine)
    {
        (GuestRun run, _) = await QemuRun.BootAsync(
            GuestNames.Guest("hello").BuildElf(), new QemuOptions("tcg") { Machine = machine });

        run.AssertPrinted(["Hello from a tiny guest.\r\n"]);
        bool hasAcpi = !machine.Contains("acpi=off", StringComparison.Ordinal);
        Assert.Equal(hasAcpi ? 0 : DebugExitWithSuccess, run.ExitCode);
    }

    [Theory]
    [InlineData("pio-loop", "n=7 write=1", "pio-loop: 7 port accesses, ")]
    [InlineData("pio-loop", "quiet n=0x20", "pio-loop: 32 port accesses, ")]
    [InlineData("mmio-loop", "n=0", "mmio-loop: 1 memory accesses, ")]
    [InlineData("ticks", "hz=1000 n=12", "tick 12\r\n")]
    [InlineData("dirty", "hz=1000 mib=1 pages=300 ticks=4", "dirty: 1200 pages written, all as they should be\r\n")]
    [InlineData("count", "xn=9 n=5", "count: 1 of 1 vCPUs, sum 5\r\n")]
    public async Task Guest_takes_its_parameters_from_the_command_line(string name, string commandLine, string expected)
    {
        (GuestRun run, _) = await QemuRun.BootAsync(
            GuestNames.Guest(name).BuildElf(), new QemuOptions("tcg") { CommandLine = commandLine });

        run.AssertPrinted([expected]);
    }

    [Theory]
    [InlineData("kvm")]
    [InlineData("tcg")]
    public async Task Count_loses_no_increment_of_eight_vcpus(string accelerator)
    {
        (GuestRun run, _) = await QemuRun.BootAsync(
            GuestNames.Guest("count").BuildElf(), new QemuOptions(accelerator) { Vcpus = 8, CommandLine = "n=200" });

        run.AssertPrinted(["count: 8 of 8 vCPUs, sum 1600\r\n"]);
        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public async Task Echo_loses_nothing_of_a_paste_larger_than_its_ring()
    {
        string paste = string.Concat(Enumerable.Range(0, 500).Select(i => $"{i},"));

        (GuestRun run, _) = await QemuRun.BootAsync(
            GuestNames.Guest("irq-echo").BuildElf(), new QemuOptions("tcg") { Typed = paste + "\u0004" });

        run.AssertPrinted([paste, $"irq-echo: {paste.Length} bytes, "]);
    }

    [Fact]
    public async Task Probe_announces_every_step_where_all_of_them_work()
    {
        (GuestRun run, string debugConsole) = await QemuRun.BootAsync(GuestNames.Guest("probe").BuildElf(), new QemuOptions("tcg"));

        Assert.Equal(string.Concat(ProbeStep.All.Select(step => step.Letter)) + ProbeStep.Finished, debugConsole);
        Assert.Equal(DebugExitWithSuccess, run.ExitCode);
    }
}
