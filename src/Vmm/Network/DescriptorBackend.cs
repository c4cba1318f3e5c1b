using Vmm.Devices.Backends;
using Vmm.Host;
using Vmm.Network.Vhost;

namespace Vmm.Network;

/// <summary>A network that is reached through descriptors, one a pair of queues: a tap, or sockets that keep messages apart.</summary>
internal sealed class DescriptorBackend : INetworkBackend, IDisposable
{
    private readonly FrameDescriptor[] _pairs;
    private readonly VhostEngine? _engine;
    private readonly bool[] _attached;
    private readonly bool _isTap;
    private readonly bool _hasQueues;
    private TapWatch? _tapWatch;

    /// <summary>Joins them.</summary>
    /// <param name="pairs">Owned from now on.</param>
    /// <param name="offloads">What the host does with frames, in both directions; none for what is no tap with headers.</param>
    /// <param name="mtu">The interface's; null when it is not known.</param>
    /// <param name="engine">What moves a tap's frames in the device's place; owned from now on.</param>
    public DescriptorBackend(FrameDescriptor[] pairs, NetworkOffloads offloads = NetworkOffloads.None, ushort? mtu = null, VhostEngine? engine = null)
    {
        (_pairs, SendOffloads, Mtu, _engine) = (pairs, offloads, mtu, engine);
        _isTap = offloads != NetworkOffloads.None;
        _attached = new bool[pairs.Length];
        Array.Fill(_attached, true);
        _hasQueues = _isTap && pairs.Length > 1;
    }

    /// <summary>Has somebody told, once, that the network has gone. Before the device is attached.</summary>
    /// <param name="loop">The device's event thread.</param>
    /// <param name="onLost">Called on that thread, with the error that told it; none when the other side closed it.</param>
    public void TellLoss(EventLoop loop, Action<Errno> onLost)
    {
        // The first stays at its tap for as long as that is there; the others come and go.
        FrameDescriptor first = _pairs[0];
        first.Lost = onLost;
        if (_engine is not null)
            _tapWatch = TapWatch.Begin(first.Fd, loop, first.Break);
    }

    /// <inheritdoc/>
    public NetworkOffloads SendOffloads { get; }

    /// <inheritdoc/>
    public NetworkOffloads ReceiveOffloads => SendOffloads;

    /// <inheritdoc/>
    public int QueuePairs => _pairs.Length;

    /// <inheritdoc/>
    public ushort? Mtu { get; }

    /// <inheritdoc/>
    public INetworkEngine? Engine => _engine;

    /// <inheritdoc/>
    public void Attach(INetworkEvents events)
    {
        _engine?.Attach(events);
        for (int pair = 0; pair < _pairs.Length; pair++)
            _pairs[pair].Attach(events, pair);
        SetQueuePairs(1);
    }

    /// <inheritdoc/>
    public NetworkSend Send(int pair, ReadOnlySpan<HostSegment> frame) => _pairs[pair].Send(frame);

    /// <inheritdoc/>
    public int Receive(int pair, ReadOnlySpan<HostSegment> into) => _pairs[pair].Receive(into);

    /// <inheritdoc/>
    public void Listen(int pair, bool on) => _pairs[pair].Listen(on);

    /// <inheritdoc/>
    public void SetReceiveOffloads(NetworkOffloads offloads)
    {
        // A tap that was removed under us refuses, and has no frames either.
        if (_isTap)
            _ = TapControl.TrySetOffloads(_pairs[0].Fd, offloads);
    }

    /// <inheritdoc/>
    public void SetQueuePairs(int pairs)
    {
        for (int pair = 1; pair < _pairs.Length && _hasQueues; pair++)
        {
            if (_attached[pair] == pair < pairs)
                continue;
            _pairs[pair].StopWatching();
            _attached[pair] = pair < pairs;
            _ = TapControl.TryAttachQueue(_pairs[pair].Fd, pair < pairs);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tapWatch?.Dispose();
        _engine?.Dispose();
        foreach (FrameDescriptor pair in _pairs)
            pair.Dispose();
    }
}
