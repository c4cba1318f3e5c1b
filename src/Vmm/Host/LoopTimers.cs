namespace Vmm.Host;

/// <summary>The times at which an <see cref="EventLoop"/> has something to do. They are few, so a list will do; the loop waits no longer than to the next of them.</summary>
/// <param name="loop">The loop.</param>
/// <param name="clock">What the time is.</param>
internal sealed class LoopTimers(EventLoop loop, TimeProvider clock)
{
    /// <summary>epoll_wait's word for no end.</summary>
    public const int Forever = -1;

    private const long Never = long.MaxValue;

    private readonly Lock _gate = new();
    private readonly List<Timer> _all = [];
    private long _next = Never;

    /// <summary>What the time is.</summary>
    public TimeProvider Clock => clock;

    /// <summary>What epoll_wait is to wait at most, in milliseconds; rounded up, so that nothing is due before its time.</summary>
    public int Timeout
    {
        get
        {
            long next = Volatile.Read(ref _next);
            if (next == Never)
                return Forever;
            double left = (next - clock.GetTimestamp()) * 1000.0 / clock.TimestampFrequency;
            return left <= 0 ? 0 : (int)Math.Min(Math.Ceiling(left), int.MaxValue);
        }
    }

    /// <summary>Makes a timer that is not set.</summary>
    /// <param name="action">Run on the loop's thread.</param>
    public Timer Create(Action action)
    {
        Timer timer = new(this, action);
        lock (_gate)
            _all.Add(timer);
        return timer;
    }

    /// <summary>Runs what is due.</summary>
    public void RunDue()
    {
        if (Volatile.Read(ref _next) == Never || Timeout > 0)
            return;
        while (TakeDue() is { } timer)
            timer.Run();
    }

    private Timer? TakeDue()
    {
        long now = clock.GetTimestamp();
        lock (_gate)
        {
            foreach (Timer timer in _all)
            {
                if (timer.Due > now)
                    continue;
                timer.Due = Never;
                FindNext();
                return timer;
            }
            return null;
        }
    }

    private void Set(Timer timer, long due)
    {
        bool sooner;
        lock (_gate)
        {
            timer.Due = due;
            sooner = due < _next;
            FindNext();
        }
        // The loop's own thread looks at the time before it waits again.
        if (sooner && !loop.IsCurrent)
            loop.Wake();
    }

    private void FindNext()
    {
        long next = Never;
        foreach (Timer timer in _all)
            next = Math.Min(next, timer.Due);
        Volatile.Write(ref _next, next);
    }

    /// <summary>One of them.</summary>
    public sealed class Timer(LoopTimers timers, Action action)
    {
        /// <summary>Time stamp of its time; guarded by the list's lock.</summary>
        internal long Due { get; set; } = Never;

        /// <summary>Runs its action once, when this much time has passed.</summary>
        public void Set(TimeSpan delay)
        {
            double ticks = Math.Ceiling(delay.TotalSeconds * timers.Clock.TimestampFrequency);
            timers.Set(this, timers.Clock.GetTimestamp() + (long)Math.Min(ticks, Never / 2));
        }

        /// <summary>Does not run it after all.</summary>
        public void Clear() => timers.Set(this, Never);

        internal void Run() => action();
    }
}
