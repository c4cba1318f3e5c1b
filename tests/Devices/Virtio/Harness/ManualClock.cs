namespace Vmm.Tests.Devices.Virtio.Harness;

/// <summary>A clock that a test winds.</summary>
public sealed class ManualClock : TimeProvider
{
    /// <summary>Since the test began.</summary>
    public TimeSpan Elapsed { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan time) => Elapsed += time;

    public override long GetTimestamp() => Elapsed.Ticks;
}
