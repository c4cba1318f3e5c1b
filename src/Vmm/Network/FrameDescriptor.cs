using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Spec;
using Vmm.Host;

namespace Vmm.Network;

/// <summary>A descriptor of which each read is a frame and each write, too: a queue of a tap, or a socket that keeps messages apart.</summary>
/// <remarks>Frames go straight between guest memory and the kernel; nothing is copied or allocated on the way.</remarks>
internal sealed unsafe class FrameDescriptor : IEventHandler, IDisposable
{
    private readonly SafeFd _fd;
    private readonly EventLoop _loop;
    private readonly bool _hasHeader;
    private readonly bool _endsWithPeer;
    private readonly Lock _watching = new();
    private EventWatch? _watch;
    private INetworkEvents? _events;
    private int _pair;
    private bool _listens;
    private bool _isBroken;

    /// <summary>Takes a descriptor over, which has to be non-blocking.</summary>
    /// <param name="fd">Owned from now on.</param>
    /// <param name="loop">The device's event thread.</param>
    /// <param name="hasHeader">Whether Virtio's header is before each frame.</param>
    /// <param name="endsWithPeer">Whether a read of nothing means that the other side has gone.</param>
    public FrameDescriptor(SafeFd fd, EventLoop loop, bool hasHeader, bool endsWithPeer)
    {
        (_fd, _loop, _hasHeader, _endsWithPeer) = (fd, loop, hasHeader, endsWithPeer);
    }

    /// <summary>
    /// Told once, on the loop's thread and from inside of nothing, that the other side or the interface has gone, and by which
    /// error; none when the other side closed it. Null for a queue that may come and go while its tap stays.
    /// </summary>
    public Action<Errno>? Lost { get; set; }

    /// <summary>For ioctls.</summary>
    public SafeFd Fd => _fd;

    /// <summary>Whom to tell of frames and of room.</summary>
    public void Attach(INetworkEvents events, int pair) => (_events, _pair) = (events, pair);

    /// <summary>Sends a frame.</summary>
    public NetworkSend Send(ReadOnlySpan<HostSegment> frame)
    {
        if (!_hasHeader)
            frame = frame[1..];
        fixed (HostSegment* segments = frame)
        {
            while (Linux.writev(_fd.Number, segments, frame.Length) < 0)
            {
                if (Linux.Interrupted)
                    continue;
                Errno refusal = Linux.LastError;
                // What else there is passes, such as EIO of a tap that is down; a queue that was taken off its tap may come back.
                if (refusal == Errno.EBADFD && Lost is not null)
                    Break(refusal);
                if (refusal != Errno.EAGAIN)
                    return NetworkSend.Dropped;
                lock (_watching)
                    Watch()?.Set(Linux.EPOLLOUT, true);
                return NetworkSend.WouldBlock;
            }
        }
        return NetworkSend.Sent;
    }

    /// <summary>Takes the next frame; 0 when there is none.</summary>
    public int Receive(ReadOnlySpan<HostSegment> into)
    {
        if (!_hasHeader)
        {
            new Span<byte>((void*)into[0].Address, NetworkDevice.HeaderSize).Clear();
            into = into[1..];
        }
        nint count;
        fixed (HostSegment* segments = into)
        {
            do
                count = Linux.readv(_fd.Number, segments, into.Length);
            while (count < 0 && Linux.Interrupted);
        }
        if (count > 0)
            return (int)count + (_hasHeader ? 0 : NetworkDevice.HeaderSize);
        Errno error = count == 0 ? Errno.None : Linux.LastError;
        if (count == 0 ? _endsWithPeer : error is not (Errno.EAGAIN or Errno.ECONNRESET or Errno.ECONNREFUSED))
            Break(error);
        return 0;
    }

    /// <summary>Whether to tell of frames.</summary>
    public void Listen(bool on)
    {
        lock (_watching)
        {
            if (_listens == on || _isBroken)
                return;
            _listens = on;
            Watch()?.Set(Linux.EPOLLIN, on);
        }
    }

    /// <summary>The other side or the interface has gone for good: the card has no network any more, and the guest runs on.</summary>
    /// <param name="error">What told it; none when the other side closed it.</param>
    public void Break(Errno error)
    {
        bool first;
        lock (_watching)
        {
            first = !_isBroken;
            _isBroken = true;
        }
        StopWatching();
        if (first && Lost is { } lost)
        {
            // Later: this is inside a call of the device's.
            _loop.Post(() =>
            {
                if (!_fd.IsClosed)
                    lost(error);
            });
        }
    }

    /// <summary>Lets the event thread forget the descriptor until it is listened to again: one that is detached from its tap always reads as broken.</summary>
    public void StopWatching()
    {
        lock (_watching)
        {
            _watch?.Dispose();
            _watch = null;
            _listens = false;
        }
    }

    /// <inheritdoc/>
    public void OnReady(uint events)
    {
        const uint readable = Linux.EPOLLIN | Linux.EPOLLERR | Linux.EPOLLHUP;
        if ((events & Linux.EPOLLOUT) != 0)
        {
            lock (_watching)
                _watch?.Set(Linux.EPOLLOUT, false);
            _events!.RoomAgain(_pair);
        }
        if ((events & readable) == 0)
            return;
        if (_listens)
            _events!.FramesWaiting(_pair);
        else
            StopWatching();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        StopWatching();
        _fd.Dispose();
    }

    private EventWatch? Watch() => _events is null ? null : _watch ??= _loop.Watch(_fd, this);
}
