using Vmm.Devices.Backends;
using Vmm.Host;
using Vmm.Metrics;

namespace Vmm.Ports;

/// <summary>
/// The host end of a named port: a Unix socket with one client at a time; others wait in its backlog. Outlives a reboot
/// of the guest, and so does a client's connection.
/// </summary>
/// <remarks>
/// The socket is watched edge-triggered, and what it said last is kept: a client that sends more than the guest takes, or
/// takes less than the guest sends, costs no thread and no memory, but waits in its own socket. All of it happens on the
/// event thread, but for <see cref="SetGuestOpen"/> and the figures.
/// </remarks>
internal sealed unsafe class HostPort : IPortBackend, IEventHandler, IDisposable
{
    private const uint Events = Linux.EPOLLIN | Linux.EPOLLOUT | Linux.EPOLLRDHUP | Linux.EPOLLET;

    private readonly EventLoop _loop;
    private readonly SocketFile _socket;
    private readonly IDisposable _listening;
    private readonly Action _leave;
    private SafeFd? _client;
    private IDisposable? _watch;
    private uint _lastNumber;
    private volatile bool _isGuestOpen;
    private bool _mayRead;
    private bool _mayWrite;
    private bool _isGone;
    private long _fromGuest;
    private long _toGuest;
    private long _discarded;

    /// <summary>Begins to listen.</summary>
    /// <param name="name">The port's name in the guest.</param>
    /// <param name="path">Where; a stale socket there is replaced.</param>
    /// <param name="loop">The event thread of the device.</param>
    /// <exception cref="VmmException">The socket cannot be made.</exception>
    public HostPort(string name, string path, EventLoop loop)
    {
        (Name, _loop) = (name, loop);
        _leave = LeaveIfGone;
        _socket = new SocketFile(path);
        try
        {
            _listening = loop.Add(_socket.Listener, Linux.EPOLLIN | Linux.EPOLLET, new Arrival(this));
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>The port's name in the guest.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public Action? Changed { get; set; }

    /// <inheritdoc/>
    public uint Client { get; private set; }

    /// <inheritdoc/>
    public bool HasInput => _mayRead;

    /// <summary>Its figures. Any thread.</summary>
    public PortMetrics Metrics => new()
    {
        Name = Name,
        FromGuestBytes = Volatile.Read(ref _fromGuest),
        ToGuestBytes = Volatile.Read(ref _toGuest),
        DroppedBytes = Volatile.Read(ref _discarded),
        HostOpen = Client != 0,
        GuestOpen = _isGuestOpen,
    };

    /// <inheritdoc/>
    public int Read(Span<byte> destination)
    {
        while (_mayRead)
        {
            nint count;
            fixed (byte* start = destination)
                count = Linux.read(_client!.Number, start, (nuint)destination.Length);
            if (count > 0)
            {
                _toGuest += count;
                return (int)count;
            }
            if (count < 0 && Linux.Interrupted)
                continue;
            // Nothing for now, or nothing any more.
            _mayRead = false;
            if (_isGone)
                _loop.Post(_leave);
        }
        return 0;
    }

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<byte> source)
    {
        if (_isGone)
        {
            // It has closed its end; what it sent is still on its way to the guest.
            Discard((ulong)source.Length);
            return source.Length;
        }
        while (_mayWrite)
        {
            nint count;
            fixed (byte* start = source)
                count = Linux.send(_client!.Number, start, (nuint)source.Length, Linux.MSG_NOSIGNAL);
            if (count >= 0)
            {
                _fromGuest += count;
                return (int)count;
            }
            if (Linux.Interrupted)
                continue;
            _mayWrite = false;
            if (Linux.LastError == Errno.EAGAIN)
                break;
            _isGone = true;
            _loop.Post(_leave);
            return Write(source);
        }
        return 0;
    }

    /// <inheritdoc/>
    public void Discard(ulong bytes) => _discarded += (long)bytes;

    /// <inheritdoc/>
    public void SetGuestOpen(bool open)
    {
        _isGuestOpen = open;
        if (!open && Volatile.Read(ref _isGone))
            _loop.Post(_leave);
    }

    /// <summary>The client sent something, takes more again, or is gone.</summary>
    public void OnReady(uint events)
    {
        if (_client is null)
            return;
        _mayWrite |= (events & Linux.EPOLLOUT) != 0;
        _mayRead |= (events & ~Linux.EPOLLOUT) != 0;
        _isGone |= (events & (Linux.EPOLLHUP | Linux.EPOLLERR)) != 0;
        Changed?.Invoke();
        LeaveIfGone();
    }

    /// <summary>Ends the connection and takes the socket's file away. The event thread must have ended.</summary>
    public void Dispose()
    {
        _listening.Dispose();
        _watch?.Dispose();
        _client?.Dispose();
        _socket.Dispose();
    }

    /// <summary>Lets a client go that has closed its end, once the guest has what it sent. Where nobody in the guest would take that, at once.</summary>
    private void LeaveIfGone()
    {
        if (_client is null || !_isGone || (_mayRead && _isGuestOpen))
            return;
        _watch!.Dispose();
        _client.Dispose();
        (_client, _watch, Client) = (null, null, 0);
        _mayRead = _mayWrite = _isGone = false;
        Changed?.Invoke();
        Arrive();
    }

    private void Arrive()
    {
        if (_client is not null || _socket.TryAccept() is not { } client)
            return;
        try
        {
            _watch = _loop.Add(client, Events, this);
        }
        catch (HostException)
        {
            // The host has no room for it: it finds its connection closed.
            client.Dispose();
            return;
        }
        _client = client;
        _mayRead = _mayWrite = true;
        // Numbers may come round after four thousand million clients; the reserved ones are left out.
        _lastNumber = _lastNumber >= uint.MaxValue - 1 ? 1 : _lastNumber + 1;
        Client = _lastNumber;
        Changed?.Invoke();
    }

    /// <summary>Told of clients that come.</summary>
    private sealed class Arrival(HostPort port) : IEventHandler
    {
        public void OnReady(uint events) => port.Arrive();
    }
}
