using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Network.Passt;

/// <summary>Frames over a stream socket, each with its length before it: how <c>passt</c> is spoken to (and QEMU's <c>-netdev stream</c>).</summary>
/// <remarks>
/// Such a stream has no virtio header, so nothing can be left to the other end: checksums are the guest's. Reading and
/// writing happen on the device's event thread alone; both go through a buffer, so that many small frames cost one system
/// call. A stream that ends, or on which something else than frames comes, is lost for good and told once.
/// </remarks>
internal sealed unsafe class StreamBackend : INetworkBackend, IEventHandler, IDisposable
{
    /// <summary>So much goes out at once: the other end works on it while the next frames are collected.</summary>
    private const int Batch = 64 << 10;

    private const int HeaderSegments = 1;

    private readonly SafeFd _socket;
    private readonly EventLoop _loop;
    private readonly EventWatch _watch;
    private readonly FrameReader _reader;
    private readonly FrameWriter _writer;
    private readonly Action<string> _onLost;
    private readonly Action _again;
    private INetworkEvents? _device;
    private volatile bool _listening;
    private volatile bool _hasFrame;
    private volatile bool _lost;
    private volatile bool _disposed;

    /// <summary>Begins on a connected socket.</summary>
    /// <param name="socket">The caller's, who disposes of this first.</param>
    /// <param name="loop">The device's event thread.</param>
    /// <param name="mtu">The largest packet that passes; null when that is not known.</param>
    /// <param name="onLost">Told once, on that thread and from inside of nothing, that the stream is of no use any more, and why.</param>
    public StreamBackend(SafeFd socket, EventLoop loop, ushort? mtu, Action<string> onLost)
    {
        (_socket, _loop, _onLost, Mtu) = (socket, loop, onLost, mtu);
        (_reader, _writer) = (new(socket), new(socket));
        _again = TellFrames;
        _watch = loop.Watch(socket, this);
    }

    /// <inheritdoc/>
    public NetworkOffloads SendOffloads => NetworkOffloads.None;

    /// <inheritdoc/>
    public NetworkOffloads ReceiveOffloads => NetworkOffloads.None;

    /// <inheritdoc/>
    public int QueuePairs => 1;

    /// <inheritdoc/>
    public ushort? Mtu { get; }

    /// <inheritdoc/>
    public void Attach(INetworkEvents events) => _device = events;

    /// <inheritdoc/>
    public NetworkSend Send(int pair, ReadOnlySpan<HostSegment> frame)
    {
        ReadOnlySpan<HostSegment> body = frame[HeaderSegments..];
        nuint length = 0;
        foreach (HostSegment segment in body)
            length += segment.Length;
        if (_lost || length < FrameLengths.Smallest || length > FrameLengths.Largest)
            return NetworkSend.Dropped;
        if (!_writer.TryAdd(body, (int)length) && (!Write() || !_writer.TryAdd(body, (int)length)))
            return _lost ? NetworkSend.Dropped : NetworkSend.WouldBlock;
        if (_writer.Pending >= Batch)
            Write();
        return NetworkSend.Sent;
    }

    /// <inheritdoc/>
    public void Flush(int pair) => Write();

    /// <inheritdoc/>
    public int Receive(int pair, ReadOnlySpan<HostSegment> into)
    {
        ReadOnlySpan<byte> frame = default;
        StreamStatus status = _lost ? StreamStatus.WouldBlock : _reader.TryRead(out frame);
        // A length is all there is to go by, so a frame that is too short is only passed over.
        while (status == StreamStatus.Done && frame.Length < FrameLengths.Smallest)
            status = _reader.TryRead(out frame);
        switch (status)
        {
            case StreamStatus.Done:
                int stored = Store(frame, into);
                _hasFrame = _reader.HasFrame;
                return stored;
            case StreamStatus.Ended:
                Lose("it closed the connection");
                break;
            case StreamStatus.Broken:
                Lose("it sent something that is no frame");
                break;
        }
        _hasFrame = false;
        return 0;
    }

    /// <inheritdoc/>
    public void Listen(int pair, bool on)
    {
        _listening = on;
        if (_lost)
            return;
        _watch.Set(Linux.EPOLLIN, on);
        // What is in our buffer already, the kernel does not tell of.
        Interlocked.MemoryBarrier();
        if (on && _hasFrame)
            _loop.Post(_again);
    }

    /// <inheritdoc/>
    public void SetReceiveOffloads(NetworkOffloads offloads)
    {
    }

    /// <inheritdoc/>
    public void SetQueuePairs(int pairs)
    {
    }

    /// <inheritdoc/>
    public void OnReady(uint events)
    {
        bool hasEnded = (events & (Linux.EPOLLHUP | Linux.EPOLLERR)) != 0;
        if ((events & Linux.EPOLLOUT) != 0 || hasEnded)
        {
            _writer.OnWritable();
            _watch.Set(Linux.EPOLLOUT, false);
            Write();
            if (!_writer.IsBlocked)
                _device?.RoomAgain(0);
        }
        if ((events & Linux.EPOLLIN) != 0)
        {
            _reader.OnReadable();
            TellFrames();
        }
        // Unasked for, and again and again. What came before the end is taken first, if anybody takes it.
        if (hasEnded && !(_listening && (events & Linux.EPOLLIN) != 0))
            Lose("it closed the connection");
    }

    /// <inheritdoc/>
    /// <remarks>A call on the event thread may still be under way; it finds the stream lost, and tells nobody.</remarks>
    public void Dispose()
    {
        _disposed = true;
        _lost = true;
        _watch.Dispose();
    }

    private void TellFrames()
    {
        if (!_listening || _lost)
            return;
        _device?.FramesWaiting(0);
        Interlocked.MemoryBarrier();
        // The device gave way to others with work left.
        if (_hasFrame && _listening && !_lost)
            _loop.Post(_again);
    }

    /// <summary>Writes what goes out now, and asks to be told when more goes.</summary>
    /// <returns>Whether there may be room now.</returns>
    private bool Write()
    {
        if (_lost)
            return false;
        int before = _writer.Pending;
        switch (_writer.Flush())
        {
            case StreamStatus.WouldBlock:
                _watch.Set(Linux.EPOLLOUT, true);
                break;
            case StreamStatus.Ended:
                Lose("it closed the connection");
                return false;
        }
        return _writer.Pending < before;
    }

    private static int Store(ReadOnlySpan<byte> frame, ReadOnlySpan<HostSegment> into)
    {
        HostSegment header = into[0];
        int stored = (int)header.Length;
        new Span<byte>((void*)header.Address, stored).Clear();
        foreach (HostSegment segment in into[HeaderSegments..])
        {
            int part = (int)Math.Min((nuint)frame.Length, segment.Length);
            frame[..part].CopyTo(new Span<byte>((void*)segment.Address, part));
            frame = frame[part..];
            stored += part;
            if (frame.IsEmpty)
                break;
        }
        return stored;
    }

    private void Lose(string why)
    {
        if (_lost)
            return;
        _lost = true;
        _watch.Dispose();
        // Later: this may be inside a call of the device's.
        _loop.Post(() =>
        {
            if (!_disposed)
                _onLost(why);
        });
    }
}
