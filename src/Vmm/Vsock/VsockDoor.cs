using Vmm.Host;

namespace Vmm.Vsock;

/// <summary>Takes the programs that connect to the listener, also on a host that has nothing left to take them with.</summary>
/// <remarks>
/// Who waits at a listener keeps it ready: an event thread that cannot take him would spin. So a spare descriptor is given
/// up to take him and send him away; and when there is no spare one either, the listener is not listened to for a
/// moment, and who waits there is taken later.
/// </remarks>
internal sealed unsafe class VsockDoor : IDisposable
{
    /// <summary>For how long nobody is taken when nobody can be.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private readonly VsockListener _listener;
    private readonly SafeFd _epoll;
    private readonly ulong _key;
    private readonly LoopTimers.Timer _opens;
    private SafeFd? _spare = OpenSpare();

    /// <summary>Begins to listen.</summary>
    /// <param name="listener">Where programs connect to; not disposed.</param>
    /// <param name="epoll">Tells when there are some; not disposed.</param>
    /// <param name="key">What it tells so by.</param>
    /// <param name="opens">Calls <see cref="Open"/>.</param>
    /// <exception cref="HostException">The host has no room for another watch.</exception>
    public VsockDoor(VsockListener listener, SafeFd epoll, ulong key, LoopTimers.Timer opens)
    {
        (_listener, _epoll, _key, _opens) = (listener, epoll, key, opens);
        Listen(Linux.EPOLL_CTL_ADD, Linux.EPOLLIN);
    }

    /// <summary>Takes the next program; null when there is none, or it cannot be taken now.</summary>
    public SafeFd? TryTake()
    {
        int fd = Linux.accept4(_listener.Socket.Number, null, null, Linux.SOCK_CLOEXEC | Linux.SOCK_NONBLOCK);
        if (fd >= 0)
            return new SafeFd(fd);
        Errno error = Linux.LastError;
        // Whoever gave up meanwhile, or was interrupted, leaves the listener as ready as it is.
        if (error is Errno.EAGAIN or Errno.EINTR or Errno.ECONNABORTED)
            return null;
        if (error is not (Errno.EMFILE or Errno.ENFILE) || !TryTurnAway())
            Close();
        return null;
    }

    /// <summary>Listens again, after <see cref="Rest"/>.</summary>
    public void Open()
    {
        _spare ??= OpenSpare();
        Listen(Linux.EPOLL_CTL_MOD, Linux.EPOLLIN);
    }

    /// <summary>Takes nobody any more.</summary>
    public void Dispose()
    {
        _opens.Clear();
        _spare?.Dispose();
    }

    private void Close()
    {
        Listen(Linux.EPOLL_CTL_MOD, 0);
        _opens.Set(Rest);
    }

    private bool TryTurnAway()
    {
        if (_spare is null)
            return false;
        _spare.Dispose();
        int fd = Linux.accept4(_listener.Socket.Number, null, null, Linux.SOCK_CLOEXEC);
        if (fd >= 0)
            _ = Linux.close(fd);
        _spare = OpenSpare();
        return fd >= 0;
    }

    private void Listen(int operation, uint events)
    {
        Linux.epoll_event watch = new() { events = events, data = _key };
        if (Linux.epoll_ctl(_epoll.Number, operation, _listener.Socket.Number, &watch) < 0)
            throw HostException.Last("epoll_ctl");
    }

    private static SafeFd? OpenSpare()
    {
        int fd = Linux.eventfd(0, Linux.EFD_CLOEXEC);
        return fd >= 0 ? new SafeFd(fd) : null;
    }
}
