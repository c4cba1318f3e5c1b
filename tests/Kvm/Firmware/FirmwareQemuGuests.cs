using Vmm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Firmware;

/// <summary>What every tiny guest does under QEMU, by one of its accelerators: they are PVH kernels for any VMM, not for ours alone.</summary>
public abstract class FirmwareQemuGuests(string accelerator)
{
    /// <summary>isa-debug-exit turns a guest's v into (v &lt;&lt; 1) | 1.</summary>
    protected const int DebugExitWithSuccess = 1;

    public static TheoryData<string> Names => GuestNames.All;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Guest_prints_and_ends_as_its_entry_in_the_catalogue_says(string name)
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

    [Fact]
    public async Task Count_loses_no_increment_of_eight_vcpus()
    {
        (GuestRun run, _) = await QemuRun.BootAsync(
            GuestNames.Guest("count").BuildElf(), new QemuOptions(accelerator) { Vcpus = 8, CommandLine = "n=200" });

        run.AssertPrinted(["count: 8 of 8 vCPUs, sum 1600\r\n"]);
        Assert.Equal(0, run.ExitCode);
    }
}
