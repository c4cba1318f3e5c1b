namespace Vmm.Migration.Transport;

/// <summary>Lets no more bytes pass in a second than were allowed, over all connections together.</summary>
/// <param name="bytesPerSecond">The limit; 0 for none.</param>
/// <param name="clock">The time.</param>
internal sealed class BandwidthLimit(double bytesPerSecond, TimeProvider clock)
{
    /// <summary>What a pause may be made up for: longer ones would become bursts.</summary>
    private const double MostBehind = 0.02;

    private readonly Lock _lock = new();
    private readonly long _start = clock.GetTimestamp();
    private double _next;

    /// <summary>When so many bytes may go, counted from now; zero for at once. They count as gone.</summary>
    public TimeSpan Delay(long bytes)
    {
        if (bytesPerSecond <= 0)
            return TimeSpan.Zero;
        double now = clock.GetElapsedTime(_start).TotalSeconds;
        lock (_lock)
        {
            double at = Math.Max(_next, now - MostBehind);
            _next = at + bytes / bytesPerSecond;
            return at <= now ? TimeSpan.Zero : TimeSpan.FromSeconds(at - now);
        }
    }

    /// <summary>Bytes that counted as gone did not go.</summary>
    public void GiveBack(long bytes)
    {
        if (bytesPerSecond <= 0)
            return;
        lock (_lock)
            _next -= bytes / bytesPerSecond;
    }
}
