namespace Vmm.Logging;

/// <summary>
/// Lets through a burst, then a trickle, and counts the rest: what a guest can cause, it can cause a million times a
/// second. One for each place that logs.
/// </summary>
/// <param name="clock">Tells the time.</param>
/// <param name="burst">Messages that pass at once.</param>
/// <param name="interval">After those, one each.</param>
internal sealed class RateLimit(TimeProvider clock, int burst, TimeSpan interval)
{
    private readonly Lock _lock = new();
    private readonly int _burst = burst;
    private int _left = burst;
    private long _refilled = clock.GetTimestamp();
    private long _held;
    private long _heldEver;

    /// <summary>How many were held back and have not been told.</summary>
    public long Held
    {
        get
        {
            lock (_lock)
                return _held;
        }
    }

    /// <summary>How many were held back ever.</summary>
    public long HeldEver
    {
        get
        {
            lock (_lock)
                return _heldEver;
        }
    }

    /// <summary>Asks to log one message.</summary>
    /// <param name="held">When it may: how many were held back since the last one that passed.</param>
    public bool TryPass(out long held)
    {
        lock (_lock)
        {
            long due = (long)(clock.GetElapsedTime(_refilled) / interval);
            if (due > 0)
            {
                _left = (int)Math.Min(_burst, _left + due);
                _refilled = clock.GetTimestamp();
            }
            held = _held;
            if (_left == 0)
            {
                _held++;
                _heldEver++;
                return false;
            }
            _left--;
            _held = 0;
            return true;
        }
    }
}
