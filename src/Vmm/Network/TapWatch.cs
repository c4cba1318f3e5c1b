using Vmm.Host;

namespace Vmm.Network;

/// <summary>
/// Notices that a tap is gone whose frames the host's kernel moves: nobody here reads it. rtnetlink(7) tells of every change of
/// an interface; what changed is not read, but the tap is asked whether it is still one.
/// </summary>
internal sealed unsafe class TapWatch : IEventHandler, IDisposable
{
    private const int LargestMessage = 4096;

    private readonly SafeFd _tap;
    private readonly SafeFd _changes;
    private readonly Action<Errno> _onGone;
    private readonly IDisposable _watch;

    private TapWatch(SafeFd tap, SafeFd changes, EventLoop loop, Action<Errno> onGone)
    {
        (_tap, _changes, _onGone) = (tap, changes, onGone);
        _watch = loop.Add(changes, Linux.EPOLLIN, this);
    }

    /// <summary>Begins.</summary>
    /// <param name="tap">One of its descriptors, attached; it outlives this.</param>
    /// <param name="loop">The device's event thread.</param>
    /// <param name="onGone">Told on that thread that it is gone, at every change of an interface from then on.</param>
    /// <returns>Null where the host does not tell of interfaces; the tap is then missed with the first frame that vmm moves itself.</returns>
    public static TapWatch? Begin(SafeFd tap, EventLoop loop, Action<Errno> onGone)
    {
        int fd = Linux.socket(Linux.AF_NETLINK, Linux.SOCK_RAW | Linux.SOCK_CLOEXEC | Linux.SOCK_NONBLOCK, Linux.NETLINK_ROUTE);
        if (fd < 0)
            return null;
        SafeFd changes = new(fd);
        Linux.sockaddr_nl address = new() { nl_family = Linux.AF_NETLINK, nl_groups = Linux.RTMGRP_LINK };
        if (Linux.bind(fd, &address, (uint)sizeof(Linux.sockaddr_nl)) == 0)
            return new TapWatch(tap, changes, loop, onGone);
        changes.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void OnReady(uint events)
    {
        // A call may still be under way when this is disposed of.
        if (!_changes.TryHold())
            return;
        if (_tap.TryHold())
        {
            if (IsGone())
                _onGone(Errno.EBADFD);
            _tap.DangerousRelease();
        }
        _changes.DangerousRelease();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watch.Dispose();
        _changes.Dispose();
    }

    private bool IsGone()
    {
        byte* message = stackalloc byte[LargestMessage];
        nint length;
        do
            length = Linux.read(_changes.Number, message, LargestMessage);
        // ENOBUFS: there were more changes than the socket has room for.
        while (length > 0 || (length < 0 && Linux.LastError is Errno.ENOBUFS or Errno.EINTR));
        Linux.ifreq request = default;
        return Linux.ioctl(_tap.Number, Linux.TUNGETIFF, (nint)(&request)) < 0 && Linux.LastError == Errno.EBADFD;
    }
}
