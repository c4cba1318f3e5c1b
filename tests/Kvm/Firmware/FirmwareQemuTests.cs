using Vmm.Firmware.Guests;
using Xunit;

namespace Vmm.Tests.Kvm.Firmware;

/// <summary>Tiny guests under QEMU's own emulation, which needs no KVM.</summary>
[Trait("Needs", "nothing")]
public sealed class FirmwareQemuTests() : FirmwareQemuGuests("tcg")
{
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
