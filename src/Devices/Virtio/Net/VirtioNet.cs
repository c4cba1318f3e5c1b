using System.Buffers.Binary;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.RateLimiting;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Net;

/// <summary>The network device. Virtio 1.2, 5.1.</summary>
/// <remarks>
/// Queues: receive and transmit of each pair by turns, then the control queue; a driver that does not take several pairs
/// finds the control queue behind the first (5.1.2). All run on the device's one event thread.
/// </remarks>
public sealed partial class VirtioNet : IVirtioDevice, INetworkEvents, IRateLimited
{
    private const ushort ControlQueueSize = 64;

    /// <summary>A buffer that crosses from one RAM region to the next is two segments; RAM has few regions.</summary>
    private const int ExtraSegments = 4;

    private readonly INetworkBackend _backend;
    private readonly CardState _card = new();
    private readonly byte[] _config = new byte[NetworkDevice.ConfigSize];
    private readonly ushort[] _sizes;
    private readonly RateLimiter _receiveLimiter;
    private readonly RateLimiter _sendLimiter;
    private readonly TimeProvider _clock;
    private VirtioDeviceCore _core = null!;
    private FrameReceiver[] _receivers = [];
    private FrameSender[] _senders = [];
    private ControlCommands _control = null!;
    private PortAnnouncer _announcer = null!;
    private ulong _receiveOffloads;

    /// <summary>Makes a card.</summary>
    /// <param name="name">As in traces, such as <c>net0</c>.</param>
    /// <param name="backend">The host's end; it belongs to the caller.</param>
    /// <param name="options">What the card is like.</param>
    /// <param name="clock">What rate limits go by; null for the system's.</param>
    public VirtioNet(string name, INetworkBackend backend, NetworkOptions options, TimeProvider? clock = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.QueuePairs, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.QueuePairs, backend.QueuePairs);
        (Name, Options, _backend) = (name, options, backend);
        _lent = new bool[options.QueuePairs];
        _refused = new bool[options.QueuePairs];
        _sizes = new ushort[2 * options.QueuePairs + 1];
        Array.Fill(_sizes, options.QueueSize);
        _sizes[^1] = ControlQueueSize;
        _clock = clock ?? TimeProvider.System;
        _receiveLimiter = new RateLimiter(_clock);
        _sendLimiter = new RateLimiter(_clock);
        DeviceFeatures = NetworkFeatures.Offer(backend, options);
        BinaryPrimitives.WriteUInt16LittleEndian(_config.AsSpan(NetworkDevice.ConfigMaxPairs), (ushort)options.QueuePairs);
        BinaryPrimitives.WriteUInt16LittleEndian(_config.AsSpan(NetworkDevice.ConfigMtu), Mtu ?? 0);
        _card.IsLinkUp = options.LinkUp;
        SetStatus(options.LinkUp ? NetworkDevice.VIRTIO_NET_S_LINK_UP : (ushort)0);
        SetAddress(options.Mac);
        backend.Attach(this);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>What the card is like.</summary>
    public NetworkOptions Options { get; }

    /// <inheritdoc/>
    public ushort DeviceType => DeviceIds.VIRTIO_ID_NET;

    /// <inheritdoc/>
    public ulong DeviceFeatures { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<ushort> QueueSizes => _sizes;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Config => _config;

    /// <inheritdoc/>
    /// <remarks>It holds in each direction by itself.</remarks>
    public RateLimit Limit
    {
        get => _sendLimiter.Limit;
        set
        {
            _sendLimiter.Limit = value;
            _receiveLimiter.Limit = value;
            PostPairs(_receivers.Length);
        }
    }

    /// <inheritdoc/>
    public long Throttled => _sendLimiter.Throttled + _receiveLimiter.Throttled;

    /// <summary>The largest packet the guest is told of; null when it is told nothing.</summary>
    public ushort? Mtu => Options.Mtu ?? _backend.Mtu;

    /// <summary>What a pair has received so far: frames to the guest.</summary>
    public NetworkQueueCounters Received(int pair) => _receivers[pair].Counters;

    /// <summary>What a pair has sent so far: frames from the guest.</summary>
    public NetworkQueueCounters Sent(int pair) => _senders[pair].Counters;

    /// <inheritdoc/>
    public void WriteConfig(int offset, ReadOnlySpan<byte> data)
    {
        // 5.1.4.1: there is nothing to write; the address is set by a command.
    }

    /// <inheritdoc/>
    public void Attach(VirtioDeviceCore core)
    {
        _core = core;
        int size = Options.QueueSize;
        int capacity = size + ExtraSegments;
        _receivers = new FrameReceiver[Options.QueuePairs];
        _senders = new FrameSender[Options.QueuePairs];
        for (int pair = 0; pair < Options.QueuePairs; pair++)
        {
            _receivers[pair] = new FrameReceiver(core, _backend, _card, _receiveLimiter, pair, ReceiveQueue(pair), size, capacity);
            _senders[pair] = new FrameSender(core, _backend, _card, _sendLimiter, pair, TransmitQueue(pair), capacity);
        }
        _control = new ControlCommands(core, this, _card, ControlQueueSize + ExtraSegments);
        _announcer = new PortAnnouncer(core, _backend, _card, TransmitQueue(0), _clock);
        if (_backend.Engine is not null)
            core.Memory.WatchChanged += WatchChanged;
    }

    /// <inheritdoc/>
    public bool AcceptsFeatures(ulong features) => NetworkFeatures.AreConsistent(features);

    /// <inheritdoc/>
    public void Activate(ulong features)
    {
        _card.FromDriver = NetworkFeatures.FromDriver(features);
        _card.MergesBuffers = _core.Has(NetworkDevice.VIRTIO_NET_F_MRG_RXBUF);
        _card.Mtu = _core.Has(NetworkDevice.VIRTIO_NET_F_MTU) ? Mtu : null;
        // A driver that was not told the address has one of its own.
        _card.Filter.ByAddress = _core.Has(NetworkDevice.VIRTIO_NET_F_CTRL_RX) && _core.Has(NetworkDevice.VIRTIO_NET_F_MAC);
        _card.Filter.ByVlan = _core.Has(NetworkDevice.VIRTIO_NET_F_CTRL_VLAN);
        _card.ActivePairs = 1;
        Array.Clear(_refused);
        SetReceiveOffloads(features);
    }

    /// <inheritdoc/>
    public bool ProcessQueue(int queue)
    {
        int pairs = _core.Has(NetworkDevice.VIRTIO_NET_F_MQ) ? Options.QueuePairs : 1;
        if (queue == 2 * pairs)
            return _core.Has(NetworkDevice.VIRTIO_NET_F_CTRL_VQ) && _control.Process(queue);
        if (queue > 2 * pairs)
            return false;
        if (queue == TransmitQueue(0))
            _announcer.Process();
        if (_backend.Engine is { } engine && Lends(engine, queue))
            return false;
        if (queue % 2 == 1)
            return _senders[queue / 2].Process();
        _receivers[queue / 2].Process();
        return false;
    }

    /// <inheritdoc/>
    public void Quiesce()
    {
        TakePairsBack(0);
        foreach (FrameReceiver receiver in _receivers)
            receiver.Quiesce();
    }

    /// <inheritdoc/>
    public void Reset()
    {
        foreach (FrameReceiver receiver in _receivers)
            receiver.Reset();
        foreach (FrameSender sender in _senders)
            sender.Reset();
        _announcer.Reset();
        _card.ActivePairs = 0;
        _card.Filter.Reset();
        _backend.SetQueuePairs(1);
        SetReceiveOffloads(0);
        SetAddress(Options.Mac);
        SetStatus(_card.IsLinkUp ? NetworkDevice.VIRTIO_NET_S_LINK_UP : (ushort)0);
    }

    /// <inheritdoc/>
    void INetworkEvents.FramesWaiting(int pair)
    {
        // Where nobody can take frames, listening would only spin.
        if (!_core.Run(ReceiveQueue(pair)))
            _backend.Listen(pair, false);
    }

    /// <inheritdoc/>
    void INetworkEvents.RoomAgain(int pair)
    {
        using (_core.Enter())
            _senders[pair].RoomAgain();
        _core.Run(TransmitQueue(pair));
    }

    private static int ReceiveQueue(int pair) => 2 * pair;

    private static int TransmitQueue(int pair) => 2 * pair + 1;

    private void PostPairs(int pairs)
    {
        for (int pair = 0; pair < pairs; pair++)
        {
            _core.Post(ReceiveQueue(pair));
            _core.Post(TransmitQueue(pair));
        }
    }
}
