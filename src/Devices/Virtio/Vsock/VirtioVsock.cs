using System.Buffers.Binary;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Vsock;

/// <summary>The socket device. Virtio 1.2, 5.10: streams between programs in the guest and programs on the host.</summary>
/// <remarks>
/// <b>Threads.</b> The host's sockets are served on the device's event thread, under the device's lock: no call there
/// waits, and a whole batch of sockets that are ready is one publication and at most one interrupt.
/// <code>
/// guest ─▶ TX queue ─▶ VsockTransmitter ─▶ VsockConnection ─▶ IVsockStream (what it does not take: VsockBuffer)
/// guest ◀─ RX queue ◀─ VsockReceiver ◀─ VsockReadyList ◀─ VsockConnection ◀─ IVsockStream
/// </code>
/// </remarks>
public sealed partial class VirtioVsock : IVirtioDevice
{
    /// <summary>Connections at a time. <see cref="VsockWindows"/> bounds what they make the host hold for programs that do not read.</summary>
    public const int MaxConnections = 4096;

    private const ushort QueueSize = 256;
    private const ushort EventQueueSize = 16;

    /// <summary>The most segments of a chain: a buffer that crosses from one RAM region to the next is two, and RAM has few regions.</summary>
    internal const int MostSegments = QueueSize + 8;

    private static readonly ushort[] Sizes = [QueueSize, QueueSize, EventQueueSize];

    private readonly byte[] _config = new byte[SocketDevice.ConfigSize];
    private readonly ulong _cid;
    private readonly IVsockBackend _backend;
    private readonly VsockReplies _replies = new(QueueSize);
    private readonly VsockTable _table;
    private readonly DescriptorChain _event = new(MostSegments);
    private VirtioDeviceCore _core = null!;
    private VsockReceiver _receiver = null!;
    private VsockTransmitter _transmitter = null!;
    private bool _resetPending;

    /// <summary>Makes a socket device.</summary>
    /// <param name="name">As in traces, such as <c>vsock0</c>.</param>
    /// <param name="cid">The guest's address.</param>
    /// <param name="backend">Who accepts what the guest opens.</param>
    public VirtioVsock(string name, ulong cid, IVsockBackend backend)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cid, SocketDevice.FirstGuestCid);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cid, SocketDevice.LastGuestCid);
        (Name, _cid, _backend) = (name, cid, backend);
        BinaryPrimitives.WriteUInt64LittleEndian(_config, cid);
        _table = new VsockTable(Counters);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ushort DeviceType => DeviceIds.VIRTIO_ID_VSOCK;

    /// <inheritdoc/>
    public ulong DeviceFeatures => FeatureBits.Mask(SocketDevice.VIRTIO_VSOCK_F_STREAM) | FeatureBits.Mask(SocketDevice.VIRTIO_VSOCK_F_NO_IMPLIED_STREAM);

    /// <inheritdoc/>
    public ReadOnlySpan<ushort> QueueSizes => Sizes;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Config => _config;

    /// <summary>What it has done so far.</summary>
    public VsockCounters Counters { get; } = new();

    /// <summary>Takes the device's lock, around everything that concerns its streams. Disposing it shows the guest what was sent meanwhile.</summary>
    public VirtioDeviceCore.Scope Enter() => _core.Enter();

    /// <summary>A program on the host wants to talk to a port of the guest. Call it on the event thread with the lock held.</summary>
    /// <param name="guestPort">The guest's port.</param>
    /// <param name="stream">The program's end; <see cref="IVsockStream.Accepted"/> or <see cref="IVsockStream.Close"/> is the answer.</param>
    /// <returns>False when there is no driver, or no room for another connection; the stream remains the caller's.</returns>
    public bool TryOpen(uint guestPort, IVsockStream stream)
    {
        if (!_core.IsActive || _table.IsFull)
        {
            Counters.Refused++;
            return false;
        }
        _table.Add(new VsockConnection(_table, _table.NewKey(guestPort), stream, byHost: true));
        return true;
    }

    /// <summary>Sends the guest what connections have for it. Call it on the event thread with the lock held, after a batch of changes.</summary>
    public void Deliver()
    {
        if (!_core.IsActive)
            return;
        if (_receiver.Deliver())
            _core.Post(SocketDevice.ReceiveQueue);
        if (_transmitter.IsStalled && !_replies.IsFull)
            _core.Post(SocketDevice.TransmitQueue);
    }

    /// <summary>
    /// Ends all connections and tells the guest that there are none any more (5.10.6.7): for a machine that goes on elsewhere
    /// or later, where the host's ends are gone. Listening sockets in the guest stay.
    /// </summary>
    public void TransportReset()
    {
        using VirtioDeviceCore.Scope scope = _core.Enter();
        _table.Clear();
        _replies.Clear();
        _resetPending = _core.IsActive;
        SendEvent();
        Deliver();
    }

    /// <inheritdoc/>
    public void WriteConfig(int offset, ReadOnlySpan<byte> data)
    {
    }

    /// <inheritdoc/>
    public void Attach(VirtioDeviceCore core)
    {
        _core = core;
        _receiver = new VsockReceiver(core, _table, _replies, _cid);
        _transmitter = new VsockTransmitter(core, _table, _replies, _cid, _backend);
    }

    /// <inheritdoc/>
    public void Activate(ulong features)
    {
    }

    /// <inheritdoc/>
    public bool ProcessQueue(int queue)
    {
        if (queue == SocketDevice.EventQueue)
        {
            SendEvent();
            return false;
        }
        bool more = queue == SocketDevice.TransmitQueue && _transmitter.Process();
        Deliver();
        return more;
    }

    /// <inheritdoc/>
    public void Quiesce()
    {
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _table.Clear();
        _replies.Clear();
        _transmitter.Reset();
        _resetPending = false;
    }

    /// <summary>Tells of a transport reset, if that is to be told and the guest has a buffer for it.</summary>
    private void SendEvent()
    {
        if (!_resetPending)
            return;
        Virtqueue queue = _core.Queue(SocketDevice.EventQueue);
        ChainStatus status = queue.TryPop(_event);
        if (status == ChainStatus.Empty && queue.EnableNotifications())
            status = queue.TryPop(_event);
        if (status == ChainStatus.Empty)
            return;
        if (status is ChainStatus.Ok or ChainStatus.OutOfRange)
        {
            Span<byte> id = stackalloc byte[SocketDevice.EventSize];
            BinaryPrimitives.WriteUInt32LittleEndian(id, SocketDevice.VIRTIO_VSOCK_EVENT_TRANSPORT_RESET);
            queue.AddUsed(_event.Head, (uint)_event.Write(0, id));
        }
        if (status != ChainStatus.Ok)
            _core.Fail(queue.Index, status);
        _resetPending = false;
    }
}
