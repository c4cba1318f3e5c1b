using System.Text.Json;
using Vmm.Cli;
using Vmm.Kvm.Abi;
using Vmm.Machine.Exits;
using Vmm.Metrics;
using Xunit;

namespace Vmm.Tests.Vmm.Metrics;

public sealed class MachineMetricsTests
{
    [Fact]
    public void As_json_names_are_in_kebab_case_and_nothing_is_lost()
    {
        MachineMetrics metrics = MetricsSample.Create();
        string text = JsonSerializer.Serialize(metrics, MetricsJson.Default.MachineMetrics);
        using JsonDocument json = JsonDocument.Parse(text);
        JsonElement io = json.RootElement.GetProperty("exits-by-reason")[0];
        Assert.Equal("io", io.GetProperty("name").GetString());
        Assert.Equal(6, io.GetProperty("count").GetInt64());
        Assert.True(io.GetProperty("p99-ns").GetInt64() > 0);
        Assert.Equal(6, io.GetProperty("buckets").EnumerateArray().Sum(bucket => bucket.GetProperty("count").GetInt64()));
        Assert.Equal(256, json.RootElement.GetProperty("disks")[0].GetProperty("queue-size").GetInt32());
        MachineMetrics back = JsonSerializer.Deserialize(text, MetricsJson.Default.MachineMetrics)!;
        Assert.Equal(text, JsonSerializer.Serialize(back, MetricsJson.Default.MachineMetrics));
    }

    [Fact]
    public void Sums_of_several_starts_add_up()
    {
        ExitTally sum = new();
        CountOne(sum);
        ExitTally later = new();
        later.Add(sum);
        CountOne(later);
        Assert.Equal(2, Assert.Single(later.ByReason).Count);
        Assert.Equal(1, Assert.Single(sum.ByReason).Count);
    }

    [Fact]
    public void The_table_shows_count_time_and_quantiles_of_each_reason_and_device()
    {
        string[] lines = ExitStatistics.Text(MetricsSample.Create()).Split('\n');
        Assert.Matches(@"^ +7  exits in all$", lines[0]);
        Assert.Matches(@"^ +count +handler +p50 +p99  reason$", lines[1]);
        Assert.Matches(@"^ +6 +\d\.\d\d s +[\d.]+ [num]s +\d\.\d\d s  io$", lines[2]);
        Assert.Contains(lines, line => line.EndsWith("  echo", StringComparison.Ordinal));
        Assert.Contains("1.500 s in all", lines);
    }

    [Fact]
    public void Time_in_KVM_RUN_is_told_by_reason_and_vcpu()
    {
        string[] lines = ExitStatistics.RunText(MetricsSample.Create()).Split('\n');
        Assert.Matches("^REASON +VCPU +EXITS +KVM_RUN +P50 +P99 +MAX +ANSWERING +P50 +P99 +MAX$", lines[1]);
        Assert.Matches(@"^io +all +6 +\d", lines[2]);
        Assert.Matches(@"^io +0 +6 ", lines[3]);
        Assert.Matches(@"^mmio +all +1 ", lines[4]);
    }

    [Theory]
    [InlineData(0, "0 ns")]
    [InlineData(999, "999 ns")]
    [InlineData(1_000, "1.00 us")]
    [InlineData(12_345, "12.3 us")]
    [InlineData(123_456_789, "123 ms")]
    [InlineData(61_000_000_000, "61.0 s")]
    public void A_time_is_shown_with_three_digits_and_the_unit_that_fits(long nanoseconds, string shown) =>
        Assert.Equal(shown, ExitStatistics.Duration(nanoseconds));

    [Fact]
    public void This_process_has_memory_threads_and_descriptors()
    {
        ProcessMetrics process = ProcessReader.Read(guestBytes: 0);
        Assert.InRange(process.PrivateBytes, 1, process.ResidentBytes);
        Assert.Equal(process.PrivateBytes, process.OverheadBytes);
        Assert.True(process is { Threads: > 0, OpenFds: > 0, CpuNs: > 0 });
    }

    private static void CountOne(ExitTally tally)
    {
        ExitCounters counters = new();
        counters.EnterGuestAgain(KvmExitReason.KVM_EXIT_IO, device: null, counters.LeaveGuest());
        tally.Add(counters);
    }
}
