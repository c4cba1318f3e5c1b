using Microsoft.Extensions.Logging;
using Vmm.Logging;
using Xunit;

namespace Vmm.Tests.Vmm.Logging;

public class DeviceLogTests
{
    private readonly ManualClock _clock = new();
    private readonly ListLogger _logger = new();

    [Fact]
    public void A_burst_of_faults_is_cut_and_what_was_held_back_is_counted()
    {
        DeviceLog log = new(_logger, _clock);
        for (int i = 0; i < 1000; i++)
            log.DriverFault("disk0", "queue 0: Loop");
        _clock.Advance(RateLimit.Interval);
        log.DriverFault("disk0", "queue 0: Loop");
        log.Dispose();
        Assert.Equal(RateLimit.Burst + 2, _logger.Lines.Count);
        Assert.Equal("disk0: its driver broke the rules (queue 0: Loop); the device waits for a reset", _logger.Lines[0]);
        Assert.Equal($"disk0: {1000 - RateLimit.Burst} more faults like the next were not shown", _logger.Lines[^2]);
    }

    [Fact]
    public void One_device_s_flood_does_not_silence_another()
    {
        DeviceLog log = new(_logger, _clock);
        for (int i = 0; i < 100; i++)
            log.DriverFault("disk0", "queue 0: Loop");
        log.DriverFault("rng0", "queue 0: Loop");
        log.Dispose();
        Assert.Contains(_logger.Lines, line => line.StartsWith("rng0:", StringComparison.Ordinal));
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan time) => _now += time.Ticks;
    }

    private sealed class ListLogger : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
