namespace Vmm.Control;

/// <summary>Tells whoever listens what happens in this process's VM. Events are rare: one lock, and listeners called in turn, on the thread that caused the event.</summary>
/// <param name="clock">Tells the time.</param>
internal sealed class EventHub(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private Action<MachineEvent>[] _listeners = [];

    /// <summary>The machine's name in events from now on.</summary>
    public string Machine { get; set; } = "vmm";

    /// <summary>Adds a listener. It must be quick and must not throw.</summary>
    /// <returns>Disposing it ends the subscription; a call that has begun may still be running.</returns>
    public IDisposable Subscribe(Action<MachineEvent> listener)
    {
        lock (_lock)
            _listeners = [.. _listeners, listener];
        return new Subscription(this, listener);
    }

    /// <summary>Tells all listeners.</summary>
    /// <param name="source">See <see cref="MachineEvent.Source"/>.</param>
    /// <param name="name">See <see cref="MachineEvent.Name"/>.</param>
    /// <param name="properties">More about it.</param>
    public void Publish(string source, string name, params (string Key, string Value)[] properties)
    {
        MachineEvent what = new(clock.GetUtcNow(), Machine, source, name,
            properties.Length == 0 ? null : properties.ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal));
        // Within the lock: listeners see events in one order.
        lock (_lock)
        {
            foreach (Action<MachineEvent> listener in _listeners)
                listener(what);
        }
    }

    private sealed class Subscription(EventHub hub, Action<MachineEvent> listener) : IDisposable
    {
        public void Dispose()
        {
            lock (hub._lock)
                hub._listeners = [.. hub._listeners.Where(other => other != listener)];
        }
    }
}
