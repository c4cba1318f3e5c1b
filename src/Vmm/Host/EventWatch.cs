namespace Vmm.Host;

/// <summary>A descriptor that an <see cref="EventLoop"/> watches for what its owner asks at the moment, level-triggered.</summary>
/// <remarks>
/// What is not asked for costs nothing: a socket that is full of frames which nobody can take wakes no thread. Safe on any
/// thread. Disposing ends the watch; a call of the handler that has begun may still be running.
/// </remarks>
internal sealed class EventWatch : IDisposable
{
    private readonly Action<uint> _apply;
    private readonly IDisposable _registration;
    private readonly Lock _changing = new();
    private uint _events;
    private bool _disposed;

    /// <summary>Made by <see cref="EventLoop.Watch"/>.</summary>
    internal EventWatch(Action<uint> apply, IDisposable registration) => (_apply, _registration) = (apply, registration);

    /// <summary>Asks for these events besides what is asked for already, or no longer for them.</summary>
    /// <param name="events">EPOLLIN, EPOLLOUT.</param>
    /// <param name="on">Whether to be told.</param>
    public void Set(uint events, bool on)
    {
        lock (_changing)
        {
            uint wanted = on ? _events | events : _events & ~events;
            if (wanted == _events || _disposed)
                return;
            _events = wanted;
            _apply(wanted);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_changing)
        {
            if (_disposed)
                return;
            _disposed = true;
            _registration.Dispose();
        }
    }
}
