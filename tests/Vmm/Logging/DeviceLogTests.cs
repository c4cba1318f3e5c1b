using Vmm.Devices.Backends;
using Vmm.Host;
using Vmm.Logging;
using Xunit;

namespace Vmm.Tests.Vmm.Logging;

public sealed class DeviceLogTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly ListSink _sink = new();

    public void Dispose() => _sink.Dispose();

    private VmmLog Log() => new("web", [_sink], _clock);

    private static DeviceLog Devices(VmmLog log) => new(log.CreateLogger(DeviceLog.Category));

    [Fact]
    [Trait("Row", "88")]
    public void A_burst_of_faults_is_cut_and_what_was_held_back_is_counted()
    {
        using VmmLog log = Log();
        DeviceLog devices = Devices(log);
        for (int i = 0; i < 1000; i++)
            devices.DriverFault("disk0", "queue 0: Loop");
        _clock.Advance(LogSites.Interval);
        devices.DriverFault("disk0", "queue 0: Loop");
        log.Dispose();
        string[] lines = [.. _sink.Lines];
        Assert.Equal(LogSites.Burst + 2, lines.Length);
        Assert.Equal("disk0: its driver broke the rules (queue 0: Loop); the device waits for a reset", lines[0]);
        Assert.Equal($"disk0: {1000 - LogSites.Burst} more messages like the next were not shown", lines[^2]);
        Assert.Equal(1000 - LogSites.Burst, log.Counters.Suppressed);
        Assert.Equal(1000 - LogSites.Burst, log.SuppressedBySite[new("device", 1, "disk0")]);
    }

    [Fact]
    [Trait("Row", "88")]
    public void What_was_held_back_last_is_told_at_the_end()
    {
        using VmmLog log = Log();
        DeviceLog devices = Devices(log);
        for (int i = 0; i < 100; i++)
            devices.DriverFault("disk0", "queue 0: Loop");
        log.Dispose();
        Assert.Equal($"disk0: {100 - LogSites.Burst} more messages 'DriverFault' were not shown", _sink.Lines.Last());
    }

    [Fact]
    [Trait("Row", "88")]
    public void One_device_s_flood_does_not_silence_another()
    {
        using VmmLog log = Log();
        DeviceLog devices = Devices(log);
        for (int i = 0; i < 100; i++)
            devices.DriverFault("disk0", "queue 0: Loop");
        devices.DriverFault("rng0", "queue 0: Loop");
        log.Dispose();
        Assert.Contains(_sink.Lines, line => line.StartsWith("rng0: its", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Row", "58")]
    public void Disk_that_the_host_fails_is_named_with_its_path_and_the_reason_and_is_limited()
    {
        using VmmLog log = Log();
        DeviceLog devices = Devices(log);
        DiskTrouble.Tell(devices, "disk0", "/x/d\u001b.img", BlockOperation.Write, Errno.ENOSPC);
        DiskTrouble.Tell(devices, "disk0", "d.img", BlockOperation.Flush, Errno.EIO);
        for (int i = 0; i < 100; i++)
            DiskTrouble.Tell(devices, "disk1", "d.img", BlockOperation.Read, Errno.None);
        log.Dispose();
        string[] lines = [.. _sink.Lines];
        Assert.Equal("disk0: writing '/x/d\\x1b.img' failed: the disk is full (ENOSPC); the guest was told of an error", lines[0]);
        Assert.Equal("disk0: making durable what was written to 'd.img' failed: Input/output error (EIO); the guest was told of an error", lines[1]);
        Assert.Equal("disk1: reading 'd.img' failed: it is shorter than when it was opened: somebody has cut it; the guest was told of an error", lines[2]);
        Assert.Equal(2 + LogSites.Burst + 1, lines.Length);
    }
}
