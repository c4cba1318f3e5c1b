using Vmm.Cli.Machines;
using Vmm.Control;
using Vmm.Control.Local;
using Vmm.Registry;
using Vmm.Tests.Vmm.Registry;
using Xunit;

namespace Vmm.Tests.Vmm.Cli.Machines;

public sealed class ListTests : IDisposable
{
    private readonly TemporaryHome _there = new();

    public void Dispose() => _there.Dispose();

    private static VmView Running(VmFolder folder, VmStatus status) => new(folder, new VmRecord(), "running", status);

    [Theory]
    [InlineData(null, "-")]
    [InlineData(0.0, "0s")]
    [InlineData(45.9, "45s")]
    [InlineData(59.999, "59s")]
    [InlineData(60.0, "1m00s")]
    [InlineData(192.0, "3m12s")]
    [InlineData(3600.0, "1h00m")]
    [InlineData(7500.0, "2h05m")]
    [InlineData(86399.0, "23h59m")]
    [InlineData(86400.0, "1d00h")]
    [InlineData(349200.0, "4d01h")]
    public void Uptime_is_written_as_people_read_it(double? seconds, string expected) => Assert.Equal(expected, ListCommand.Uptime(seconds));

    [Fact]
    public void Rates_are_what_changed_between_two_looks()
    {
        VmFolder folder = _there.Resting("web");
        VmStatus first = new() { Name = "web", State = VmState.Running, Pid = 7, Vcpus = 2, MemoryBytes = 1 << 20, UptimeMilliseconds = 1500, TakenAtNanoseconds = 1_000_000_000, CpuNanoseconds = 100, Exits = 1000 };
        VmStatus second = first with { TakenAtNanoseconds = 1_500_000_000, CpuNanoseconds = 750_000_100, Exits = 1600 };
        VmRow row = VmRow.Of(Running(folder, first), Running(folder, second));
        Assert.Equal((2, 1UL << 20, 7, 1.5), (row.Vcpus, row.MemoryBytes, row.Pid, row.UptimeSeconds));
        Assert.Equal(150.0, row.CpuPercent!.Value, 6);
        Assert.Equal(1200.0, row.ExitsPerSecond!.Value, 6);

        VmRow once = VmRow.Of(Running(folder, first), Running(folder, first));
        Assert.Null(once.CpuPercent);
        VmRow restarted = VmRow.Of(Running(folder, first), Running(folder, second with { Pid = 8 }));
        Assert.Null(restarted.ExitsPerSecond);
    }

    [Fact]
    public void Row_of_a_VM_at_rest_tells_its_size_and_how_it_ended()
    {
        DateTimeOffset then = DateTimeOffset.UnixEpoch;
        VmFolder folder = _there.Resting("web", new VmRecord { StartedAt = then, EndedAt = then, Outcome = "crashed", ExitCode = ExitCodes.GuestCrashed });
        VmView view = VmView.Look(folder);
        VmRow row = VmRow.Of(view, view);
        Assert.Equal(("failed", 1, 512UL << 20, "crashed", ExitCodes.GuestCrashed), (row.State, row.Vcpus, row.MemoryBytes, row.Outcome, row.ExitCode));
        Assert.Null(row.Pid);
        string table = ListCommand.Table([row]).ToString();
        string[] lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("NAME", lines[0], StringComparison.Ordinal);
        Assert.Contains("512M", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("crashed (6)", lines[1].TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void Look_at_all_VMs_shows_them_by_name()
    {
        _there.Resting("b");
        _there.Resting("a");
        VmSampler sampler = new(_there.Home);
        Assert.Equal(["a", "b"], sampler.Look().Select(row => row.Name));
        Assert.Equal(["b"], sampler.Look("b").Select(row => row.Name));
        Assert.Throws<global::Vmm.Host.VmmException>(() => sampler.Look("c"));
    }
}
