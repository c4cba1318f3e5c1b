using Vmm.Firmware;
using Vmm.Firmware.Guests;
using Xunit;

namespace Vmm.Tests.Kvm.Firmware;

/// <summary>Every tiny guest under vmm, as a user runs it.</summary>
public sealed class FirmwareVmmTests
{
    /// <summary>The program built with these tests, or the one VMM_BINARY names (say, the shipped out/vmm).</summary>
    private static readonly string s_vmm =
        Environment.GetEnvironmentVariable("VMM_BINARY") ?? Path.Combine(AppContext.BaseDirectory, "vmm");

    public static TheoryData<string> Names => GuestNames.All;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Guest_prints_and_ends_as_its_entry_in_the_catalogue_says(string name)
    {
        Assert.SkipWhen(name == "probe", "whether the probe gets through depends on the machine's KVM");
        TinyGuest guest = GuestNames.Guest(name);

        GuestRun run = await RunAsync(
            guest.Expectation.Typed, "--firmware", name, "--memory", $"{guest.Needs.MemoryMiB}M",
            "--cpus", $"{guest.Needs.Vcpus}");

        run.AssertPrinted(guest.Expectation.Output);
        Assert.Equal(guest.Expectation.Ending == GuestEnding.PowerOff ? 0 : DebugExit(0), run.ExitCode);
    }

    [Fact]
    public async Task Monitor_runs_when_nothing_else_is_asked_for()
    {
        GuestRun run = await RunAsync("halt\r");

        run.AssertPrinted(FirmwareCatalog.Default.Expectation.Output[0], "> halt\r\n");
        Assert.Equal(ExitCodes.PoweredOff, run.ExitCode);
    }

    [Fact]
    public async Task Count_loses_no_increment_of_eight_vcpus()
    {
        GuestRun run = await RunAsync("", "--firmware", "count", "--cpus", "8", "--cmdline", "n=200");

        run.AssertPrinted("count: 8 of 8 vCPUs, sum 1600\r\n");
        Assert.Equal(ExitCodes.PoweredOff, run.ExitCode);
    }

    [Fact]
    public async Task Echo_loses_nothing_of_a_paste_larger_than_its_ring()
    {
        string paste = string.Concat(Enumerable.Range(0, 500).Select(i => $"{i},"));

        GuestRun run = await RunAsync(paste + "\u0004", "--firmware", "irq-echo");

        run.AssertPrinted(paste, $"irq-echo: {paste.Length} bytes, ");
    }

    [Fact]
    public async Task Reboot_of_the_monitor_ends_the_run_when_told_so()
    {
        GuestRun run = await RunAsync("reboot\r", "--reboot", "exit");

        Assert.Equal(ExitCodes.PoweredOff, run.ExitCode);
    }

    [Fact]
    [Trait("Row", "49")]
    public async Task Triple_fault_of_the_monitor_is_a_crash_when_a_reset_ends_the_run()
    {
        GuestRun run = await RunAsync("triple\r", "--reboot", "exit");

        Assert.Equal(ExitCodes.GuestCrashed, run.ExitCode);
        Assert.Contains("triple fault", run.Errors, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Probe_either_passes_or_stops_at_a_step_it_has_announced()
    {
        GuestRun run = await RunAsync("", "--firmware", "probe");

        // vmm shows the debug console on standard output.
        string steps = run.Output.Trim();
        Assert.NotEmpty(steps);
        if (run.ExitCode == DebugExit(ProbeStep.Passed))
            Assert.Equal(string.Concat(ProbeStep.All.Select(step => step.Letter)) + ProbeStep.Finished, steps);
        else
        {
            Assert.NotNull(ProbeStep.Find(steps[^1]));
            int[] stopped = [ExitCodes.EmulationFailed, DebugExit(ProbeStep.WrongResult), DebugExit(ProbeStep.UnexpectedException)];
            Assert.Contains(run.ExitCode, stopped);
        }
    }

    /// <summary>The exit status for a value written to the debug exit port.</summary>
    private static int DebugExit(byte value) => value << 1 | 1;

    private static Task<GuestRun> RunAsync(string typed, params string[] arguments)
    {
        KvmDevice.Require();
        return GuestRun.WatchAsync(s_vmm, ["run", .. arguments], typed);
    }
}
