using Vmm.Devices.Virtio.RateLimiting;
using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Config;

/// <summary>Rates as users write them.</summary>
public sealed class RateTests
{
    [Theory]
    [InlineData("50M/s", 1048576, 20)]
    [InlineData("50M", 1048576, 20)]
    [InlineData("50", 1048576, 20)]
    [InlineData("5M/100ms", 5242880, 100)]
    [InlineData("1K/s", 128, 125)]
    [InlineData("10G/2s", 10737418240, 2000)]
    public void Bandwidth_is_read_as_it_is_meant(string text, ulong bytes, long milliseconds) =>
        Assert.Equal(new ByteRate(bytes, milliseconds), ByteRate.Parse(text));

    [Theory]
    [InlineData("1000/s", 20, 20)]
    [InlineData("1000", 20, 20)]
    [InlineData("30", 3, 100)]
    [InlineData("7/s", 7, 1000)]
    [InlineData("100/50ms", 100, 50)]
    public void Operations_are_read_as_they_are_meant(string text, ulong operations, long milliseconds) =>
        Assert.Equal(new OperationRate(operations, milliseconds), OperationRate.Parse(text));

    [Theory]
    [InlineData("50M/s")]
    [InlineData("5M/100ms")]
    [InlineData("1K/s")]
    [InlineData("10G/2000ms")]
    public void Bandwidth_is_written_as_it_is_read(string text) => Assert.Equal(text, ByteRate.Parse(text).ToString());

    [Theory]
    [InlineData("1000/s")]
    [InlineData("7/s")]
    [InlineData("100/50ms")]
    [InlineData("4294967295/s")]
    public void Operations_are_written_as_they_are_read(string text) => Assert.Equal(text, OperationRate.Parse(text).ToString());

    [Theory]
    [InlineData("0")]
    [InlineData("0/s")]
    [InlineData("-1")]
    [InlineData("/s")]
    [InlineData("5/")]
    [InlineData("5/m")]
    [InlineData("5/0ms")]
    [InlineData("5/3601s")]
    [InlineData("5/99999999999999999999s")]
    [InlineData("99999999999/s")]
    [InlineData("many")]
    [InlineData("")]
    public void What_is_no_rate_is_refused(string text) => Assert.Throws<FormatException>(() => OperationRate.Parse(text));

    [Fact]
    public void Limit_becomes_the_buckets_that_it_says()
    {
        RateConfig limit = new() { Bandwidth = ByteRate.Parse("50M/s"), BandwidthBurst = ByteSize.Parse("1G"), Ops = OperationRate.Parse("1000") };
        Assert.Equal(new RateLimit(new BucketLimit(1 << 20, 20_000_000, 1 << 30), new BucketLimit(20, 20_000_000)), limit.ToLimit());
        Assert.Equal("bandwidth=50M/s bandwidth-burst=1G ops=1000/s", limit.ToString());
    }

    [Theory]
    [InlineData("disk[0].limit.bandwidth-burst", null, 1, null)]
    [InlineData("disk[0].limit.ops-burst", "50M/s", null, 1)]
    [InlineData("disk[0].limit", null, null, null)]
    public void Burst_without_a_rate_is_refused(string field, string? bandwidth, int? bandwidthBurst, int? opsBurst)
    {
        RateConfig limit = new()
        {
            Bandwidth = bandwidth is null ? null : ByteRate.Parse(bandwidth),
            BandwidthBurst = bandwidthBurst is int burst ? new ByteSize((ulong)burst) : null,
            OpsBurst = (uint?)opsBurst,
        };
        MachineConfig machine = new() { Disk = [new() { Path = "a", Limit = limit }] };
        Assert.Equal(field, Assert.Throws<MachineConfigException>(() => MachineConfigResolver.Resolve(machine)).Field);
    }

    [Theory]
    [InlineData(0, null, "disk[0].queues")]
    [InlineData(65, null, "disk[0].queues")]
    [InlineData(1, 8, "disk[0].queue-size")]
    [InlineData(1, 2048, "disk[0].queue-size")]
    [InlineData(1, 100, "disk[0].queue-size")]
    public void Queues_that_cannot_be_are_refused(int queues, int? size, string field)
    {
        MachineConfig machine = new() { Disk = [new() { Path = "a", Queues = queues, QueueSize = size }] };
        Assert.Equal(field, Assert.Throws<MachineConfigException>(() => MachineConfigResolver.Resolve(machine)).Field);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(64, 4)]
    public void Disk_has_a_queue_a_vcpu_up_to_a_bound(int vcpus, int queues) => Assert.Equal(queues, new DiskConfig { Path = "a" }.QueuesFor(vcpus));
}
