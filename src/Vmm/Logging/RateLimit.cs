namespace Vmm.Logging;

/// <summary>
/// Lets through a burst, then a trickle, and counts the rest: what a guest can cause, it can cause a million times a
/// second. One for each place that logs.
/// </summary>
/// <param name="clock">Tells the time.</param>
internal sealed class RateLimit(TimeProvider clock)
{
    /// <summary>Messages that pass at once.</summary>
    public const int Burst = 5;

    /// <summary>After those, one each.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private int _left = Burst;
    private long _refilled = clock.GetTimestamp();
    private long _held;

    /// <summary>Asks to log one message.</summary>
    /// <param name="held">When it may: how many were held back since the last one that passed.</param>
    public bool TryPass(out long held)
    {
        lock (_lock)
        {
            long due = (long)(clock.GetElapsedTime(_refilled) / Interval);
            if (due > 0)
            {
                _left = (int)Math.Min(Burst, _left + due);
                _refilled = clock.GetTimestamp();
            }
            held = _held;
            if (_left == 0)
            {
                _held++;
                return false;
            }
            _left--;
            _held = 0;
            return true;
        }
    }
}
