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
}
