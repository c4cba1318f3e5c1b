namespace Vmm.Tests.Vmm.Logging;

/// <summary>Time that a test moves.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(_now);

    public void Advance(TimeSpan time) => _now += time.Ticks;
}
