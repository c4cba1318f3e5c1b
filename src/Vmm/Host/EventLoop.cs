using System.Collections.Concurrent;

namespace Vmm.Host;

/// <summary>
/// One named thread that waits for descriptors (epoll) and runs what is posted to it. Back ends that could stall each
/// other get a loop each. The thread starts with the first thing to wait for: a guest that never drives a device costs
/// none.
/// </summary>
/// <remarks>
/// A handler that throws ends the loop and is reported to <c>onFault</c>: a fault in a back end is seen, it never
/// silently stalls a device. Without <c>onFault</c> it ends the process.
/// </remarks>
internal sealed unsafe class EventLoop : IDisposable
{
    private const int Batch = 16;

    private readonly SafeFd _epoll = SafeFd.Own(Linux.epoll_create1(Linux.EPOLL_CLOEXEC), "epoll_create1");
    private readonly EventFd _wake = new();
    private readonly ConcurrentDictionary<ulong, IEventHandler> _handlers = new();
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Thread _thread;
    private readonly Action<Exception>? _onFault;
    private readonly Lock _starting = new();
    private ulong _lastKey;
    private bool _started;
    private volatile bool _stopping;

    /// <summary>Prepares a loop.</summary>
    /// <param name="name">The thread's name, at most 15 characters: users read it in <c>top -H</c>.</param>
    /// <param name="onFault">Told, on the loop's thread, when a handler threw; the loop then ends.</param>
    /// <param name="clock">What timers go by; null for the system's. Who winds one by hand calls <see cref="Wake"/>.</param>
    public EventLoop(string name, Action<Exception>? onFault = null, TimeProvider? clock = null)
    {
        _onFault = onFault;
        Timers = new LoopTimers(this, clock ?? TimeProvider.System);
        Control(Linux.EPOLL_CTL_ADD, _wake.Fd, Linux.EPOLLIN, key: 0);
        _thread = new Thread(Loop, maxStackSize: 256 << 10) { Name = name, IsBackground = true };
    }

    /// <summary>Whether the caller is on this loop's thread.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>What this loop does at a later time.</summary>
    public LoopTimers Timers { get; }

    /// <summary>Watches a descriptor, level-triggered unless EPOLLET is among the events.</summary>
    /// <param name="fd">Stays owned by the caller, who disposes the registration first.</param>
    /// <param name="events">EPOLLIN, EPOLLOUT, EPOLLET.</param>
    /// <param name="handler">Called on the loop's thread.</param>
    /// <returns>Disposing it stops the watch; a call that has begun already may still be running.</returns>
    public IDisposable Add(SafeFd fd, uint events, IEventHandler handler)
    {
        ulong key = Interlocked.Increment(ref _lastKey);
        _handlers[key] = handler;
        try
        {
            Control(Linux.EPOLL_CTL_ADD, fd, events, key);
        }
        catch
        {
            _handlers.TryRemove(key, out _);
            throw;
        }
        EnsureStarted();
        return new Registration(this, fd, key);
    }

    /// <summary>Watches a descriptor for what its owner asks for from time to time; for nothing at first.</summary>
    /// <param name="fd">Stays owned by the caller, who disposes the watch first.</param>
    /// <param name="handler">Called on the loop's thread. An error or a hang-up (EPOLLERR, EPOLLHUP) comes unasked.</param>
    public EventWatch Watch(SafeFd fd, IEventHandler handler)
    {
        var registration = (Registration)Add(fd, 0, handler);
        return new EventWatch(registration.Change, registration);
    }

    /// <summary>Runs an action on the loop's thread, after what was posted before it.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);
        Wake();
    }

    /// <summary>Has the loop look at what is posted and what the time is.</summary>
    internal void Wake()
    {
        _wake.Signal();
        EnsureStarted();
    }

    /// <summary>Ends the thread, if it ever started, and waits for it. What was posted before runs first.</summary>
    public void Dispose()
    {
        bool started;
        lock (_starting)
        {
            _stopping = true;
            started = _started;
        }
        _wake.Signal();
        if (started && !IsCurrent)
            _thread.Join();
        _wake.Dispose();
        _epoll.Dispose();
    }

    private void EnsureStarted()
    {
        if (Volatile.Read(ref _started))
            return;
        lock (_starting)
        {
            if (_started || _stopping)
                return;
            HostThread.Start(_thread);
            _started = true;
        }
    }

    private void Loop()
    {
        try
        {
            Linux.epoll_event* events = stackalloc Linux.epoll_event[Batch];
            while (!_stopping)
            {
                int count = Linux.epoll_wait(_epoll.Number, events, Batch, Timers.Timeout);
                if (count < 0 && !Linux.Interrupted)
                    throw HostException.Last("epoll_wait");
                for (int i = 0; i < count; i++)
                    Dispatch(events[i]);
                Timers.RunDue();
            }
            RunPosted();
        }
        catch (Exception fault) when (_onFault is not null)
        {
            _onFault(fault);
        }
    }

    private void Dispatch(in Linux.epoll_event ready)
    {
        if (ready.data == 0)
        {
            _wake.Consume();
            RunPosted();
        }
        else if (_handlers.TryGetValue(ready.data, out IEventHandler? handler))
        {
            handler.OnReady(ready.events);
        }
    }

    /// <summary>Runs what is posted now. What it posts in turn signalled the wake-up again and comes after the descriptors that are ready.</summary>
    private void RunPosted()
    {
        for (int left = _posted.Count; left > 0 && _posted.TryDequeue(out Action? action); left--)
            action();
    }

    private void Control(int operation, SafeFd fd, uint events, ulong key)
    {
        Linux.epoll_event descriptor = new() { events = events, data = key };
        if (Linux.epoll_ctl(_epoll.Number, operation, fd.Number, &descriptor) < 0)
            throw HostException.Last("epoll_ctl");
    }

    private sealed class Registration(EventLoop loop, SafeFd fd, ulong key) : IDisposable
    {
        public void Change(uint events)
        {
            if (!loop._epoll.IsClosed)
                loop.Control(Linux.EPOLL_CTL_MOD, fd, events, key);
        }

        public void Dispose()
        {
            if (loop._handlers.TryRemove(key, out _) && !loop._epoll.IsClosed)
                loop.Control(Linux.EPOLL_CTL_DEL, fd, 0, key);
        }
    }
}
