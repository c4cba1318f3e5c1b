using Vmm.Metrics;
using Xunit;

namespace Vmm.Tests.Vmm.Metrics;

public sealed class PrometheusTextTests
{
    [Fact]
    public void Every_line_is_what_a_server_takes_and_says_what_the_snapshot_says()
    {
        PrometheusChecker text = new(Write("web"));
        Assert.Equal(1.5, text["vmm_uptime_seconds{vm=\"web\"}"]);
        Assert.Equal(1, text["vmm_vcpu_run_seconds_total{vm=\"web\",vcpu=\"1\"}"]);
        Assert.Equal(4096, text["vmm_disk_read_bytes_total{vm=\"web\",device=\"disk0\"}"]);
        Assert.Equal(3, text["vmm_disk_queue_requests_total{vm=\"web\",device=\"disk0\",queue=\"0\"}"]);
        Assert.Equal(6, text["vmm_exit_duration_seconds_count{vm=\"web\",reason=\"io\"}"]);
        Assert.Equal(5, text["vmm_device_access_duration_seconds_count{vm=\"web\",device=\"echo\"}"]);
        Assert.Equal(2, text["vmm_device_access_duration_seconds_count{vm=\"web\",device=\"(nobody)\"}"]);
        Assert.All(text.Families, name => Assert.StartsWith("vmm_", name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a\"b", "a\\\"b")]
    [InlineData("a\\b", "a\\\\b")]
    [InlineData("a\nb", "a\\nb")]
    public void A_name_may_hold_anything(string name, string written) =>
        Assert.Equal(2, new PrometheusChecker(Write(name))[$"vmm_reboots_total{{vm=\"{written}\"}}"]);

    [Fact]
    public void What_takes_longer_than_the_last_bucket_is_in_the_one_without_an_end()
    {
        PrometheusChecker text = new(Write("web"));
        string series = "vmm_exit_duration_seconds_bucket{vm=\"web\",reason=\"mmio\",le=\"";
        Assert.Equal(0, text[series + "4.294967296\"}"]);
        Assert.Equal(1, text[series + "+Inf\"}"]);
    }

    [Fact]
    public void A_machine_without_disks_has_no_family_of_disks()
    {
        StringWriter output = new();
        PrometheusText.Write(MetricsSample.Create() with { Disks = [] }, "web", output);
        Assert.DoesNotContain("vmm_disk", output.ToString(), StringComparison.Ordinal);
        _ = new PrometheusChecker(output.ToString());
    }

    [Fact]
    public void A_balloon_and_what_its_guest_tells_are_there_and_nothing_that_it_does_not_tell()
    {
        PrometheusChecker text = new(Write("web"));
        Assert.Equal(8192, text["vmm_balloon_target_bytes{vm=\"web\"}"]);
        Assert.Equal(4096, text["vmm_balloon_actual_bytes{vm=\"web\"}"]);
        Assert.Equal(1 << 21, text["vmm_balloon_reported_bytes_total{vm=\"web\"}"]);
        Assert.Equal(77, text["vmm_guest_memory_free_bytes{vm=\"web\"}"]);
        Assert.Equal(long.MaxValue, text["vmm_guest_minor_faults_total{vm=\"web\"}"]);
        Assert.DoesNotContain("vmm_guest_major_faults_total", text.Families);
        StringWriter output = new();
        PrometheusText.Write(MetricsSample.Create() with { Balloon = null }, "web", output);
        Assert.DoesNotContain("balloon", output.ToString(), StringComparison.Ordinal);
    }

    private static string Write(string name)
    {
        StringWriter output = new();
        PrometheusText.Write(MetricsSample.Create(), name, output);
        return output.ToString();
    }
}
