using Vmm.Devices.Backends;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Vsock;
using Vmm.Host;

namespace Vmm.Vsock;

/// <summary>
/// The host's side of a socket device. Programs connect to its socket and say <c>CONNECT port</c>; a stream that the
/// guest opens to port P goes to who listens at the same path followed by <c>_P</c>.
/// </summary>
/// <remarks>
/// All sockets are in an epoll of their own, edge-triggered: whether a connection can go on is known without asking the
/// kernel each time, and one call tells of all that changed. That epoll is one descriptor to the device's event thread.
/// Everything happens there, under the device's lock, and nothing waits.
/// </remarks>
internal sealed unsafe class VsockHost : IVsockBackend, IEventHandler, IDisposable
{
    private const int Batch = 64;
    private const ulong ListenerKey = 0;
    private const uint Everything = Linux.EPOLLIN | Linux.EPOLLOUT | Linux.EPOLLRDHUP | Linux.EPOLLET;

    private readonly VsockListener _listener;
    private readonly string _prefix;
    private readonly SafeFd _epoll = SafeFd.Own(Linux.epoll_create1(Linux.EPOLL_CLOEXEC), "epoll_create1");
    private readonly Dictionary<ulong, VsockSocket> _sockets = [];
    private VirtioVsock? _device;
    private VsockDoor? _door;
    private VsockCallers? _callers;
    private IDisposable? _watch;
    private ulong _lastKey;

    /// <summary>Makes the host's side; <see cref="Start"/> follows.</summary>
    /// <param name="listener">Where programs connect to; not disposed.</param>
    public VsockHost(VsockListener listener)
    {
        _listener = listener;
        _prefix = Path.GetFileName(listener.FullPath) + "_";
    }

    /// <summary>Begins to accept.</summary>
    /// <param name="device">The device before it.</param>
    /// <param name="loop">The device's event thread.</param>
    public void Start(VirtioVsock device, EventLoop loop)
    {
        DescriptorLimit.Raise();
        _device = device;
        _callers = new VsockCallers(loop.Timers.Clock, loop.Timers.Create(() => Locked(() => _callers!.CloseLate())));
        _door = new VsockDoor(_listener, _epoll, ListenerKey, loop.Timers.Create(() => Locked(() => _door!.Open())));
        _watch = loop.Add(_epoll, Linux.EPOLLIN, this);
    }

    /// <inheritdoc/>
    public IVsockStream? TryConnect(uint port) =>
        UnixSocket.TryConnectAtOnce(_listener.Folder, $"{_prefix}{port}") is { } fd ? Add(fd) : null;

    /// <inheritdoc/>
    public void OnReady(uint events)
    {
        using VirtioDeviceCore.Scope scope = _device!.Enter();
        if (_watch is null)
            return;
        Linux.epoll_event* ready = stackalloc Linux.epoll_event[Batch];
        int count = Linux.epoll_wait(_epoll.Number, ready, Batch, 0);
        if (count < 0 && !Linux.Interrupted)
            throw HostException.Last("epoll_wait");
        for (int i = 0; i < count; i++)
        {
            if (ready[i].data == ListenerKey)
                Accept();
            else if (_sockets.TryGetValue(ready[i].data, out VsockSocket? socket))
                Changed(socket, ready[i].events);
        }
        _device.Deliver();
    }

    /// <summary>A socket is closed.</summary>
    public void Forget(VsockSocket socket)
    {
        _sockets.Remove(socket.Key);
        _callers?.Remove(socket);
    }

    /// <summary>Closes every connection. The device goes on, without a host.</summary>
    public void Dispose()
    {
        if (_device is null)
        {
            Release();
            return;
        }
        using VirtioDeviceCore.Scope scope = _device.Enter();
        _watch?.Dispose();
        _watch = null;
        foreach (VsockSocket socket in _sockets.Values.ToArray())
            socket.Close();
        Release();
    }

    private void Release()
    {
        _door?.Dispose();
        _epoll.Dispose();
    }

    private void Locked(Action action)
    {
        using VirtioDeviceCore.Scope scope = _device!.Enter();
        if (_watch is not null)
            action();
    }

    private void Accept()
    {
        for (int i = 0; i < Batch && _door!.TryTake() is { } fd; i++)
        {
            if (Add(fd) is not { } socket)
                continue;
            _callers!.Add(socket);
            Greet(socket);
        }
    }

    private void Changed(VsockSocket socket, uint events)
    {
        const uint Gone = Linux.EPOLLHUP | Linux.EPOLLERR;
        if (socket.Owner is { } owner)
        {
            owner.StreamChanged(
                readable: (events & (Linux.EPOLLIN | Linux.EPOLLRDHUP | Gone)) != 0,
                writable: (events & (Linux.EPOLLOUT | Gone)) != 0,
                closed: (events & Gone) != 0);
            return;
        }
        if ((events & Gone) != 0)
            socket.Close();
        else
            Greet(socket);
    }

    /// <summary>Looks whether a program has said whom it wants.</summary>
    private void Greet(VsockSocket socket)
    {
        VsockIo greeting = socket.TryGreet(out uint port);
        if (greeting == VsockIo.WouldBlock)
            return;
        _callers!.Remove(socket);
        if (greeting != VsockIo.Ok || !_device!.TryOpen(port, socket))
            socket.Close();
    }

    private VsockSocket? Add(SafeFd fd)
    {
        VsockSocket socket = new(this, fd, ++_lastKey);
        _sockets.Add(socket.Key, socket);
        try
        {
            Watch(fd, Everything, socket.Key);
            return socket;
        }
        catch (HostException)
        {
            // The host has no room for another watch (fs.epoll.max_user_watches, memory).
            socket.Close();
            return null;
        }
    }

    private void Watch(SafeFd fd, uint events, ulong key)
    {
        Linux.epoll_event watch = new() { events = events, data = key };
        if (Linux.epoll_ctl(_epoll.Number, Linux.EPOLL_CTL_ADD, fd.Number, &watch) < 0)
            throw HostException.Last("epoll_ctl");
    }
}
