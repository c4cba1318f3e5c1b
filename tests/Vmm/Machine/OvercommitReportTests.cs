using Vmm.Host;
using Vmm.Machine;
using Xunit;

namespace Vmm.Tests.Vmm.Machine;

public sealed class OvercommitReportTests
{
    private const ulong Gib = 1UL << 30;

    [Fact]
    public void Host_with_room_gets_ratios_and_no_warning()
    {
        OvercommitReport report = OvercommitReport.Assess(4, 8 * Gib, [("a", 4, 2 * Gib), ("b", 4, 2 * Gib)]);
        Assert.Equal((2.0, 0.5), (report.CpuRatio, report.MemoryRatio));
        Assert.Empty(report.Warnings);
    }

    [Fact]
    public void Machine_with_more_vcpus_than_the_host_has_processors_is_named()
    {
        string warning = Assert.Single(OvercommitReport.Assess(2, 8 * Gib, [("web", 4, Gib)]).Warnings);
        Assert.StartsWith("web has more vCPUs (4) than the host has processors (2)", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20, 0)]
    [InlineData(21, 1)]
    public void More_than_ten_vcpus_to_a_processor_are_warned_of(int machines, int warnings) =>
        Assert.Equal(warnings, OvercommitReport.Assess(2, 64 * Gib, Enumerable.Repeat(("a", 1, Gib), machines)).Warnings.Count);

    [Fact]
    public void More_memory_than_the_host_has_is_warned_of()
    {
        string warning = Assert.Single(OvercommitReport.Assess(2, 2 * Gib, [("a", 1, 2 * Gib), ("b", 1, Gib)]).Warnings);
        Assert.StartsWith("the machines' memory (3G) is 1.5 times the host's (2G)", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Absurd_numbers_do_not_wrap()
    {
        OvercommitReport report = OvercommitReport.Assess(1, Gib, [("a", 1, ulong.MaxValue), ("b", 1, ulong.MaxValue)]);
        Assert.Equal(ulong.MaxValue, report.Memory);
    }

    [Fact]
    public void Capacity_is_read_from_meminfo() =>
        Assert.Equal(new HostCapacity(2, 2048, 1024), HostCapacity.Parse(2, "MemTotal:       2 kB\nMemFree: 1 kB\nMemAvailable:   1 kB\n"));

    [Fact]
    public void This_host_has_a_processor_and_memory()
    {
        HostCapacity host = HostCapacity.Read();
        Assert.True(host is { Processors: > 0, TotalMemory: > 0 });
    }
}
