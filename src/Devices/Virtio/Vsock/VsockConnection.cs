using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Vsock;

/// <summary>One connection, from the guest's packets to a stream of the host and back. The states are drawn at <see cref="VsockState"/>.</summary>
/// <remarks>
/// What the guest sends goes straight from its memory to the stream. Only what the stream does not take at once is copied,
/// and the guest's credit bounds that. What the host sends stays in its socket until the guest has a buffer and credit.
/// </remarks>
internal sealed partial class VsockConnection
{
    private const uint BothWays = SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_RECEIVE | SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_SEND;

    private readonly VsockTable _table;
    private readonly IVsockStream _stream;
    private VsockCredit _credit;
    private VsockBuffer _buffer;
    private VsockPending _pending;
    private uint _guestEnded;
    private uint _hostEnded;
    private bool _readable = true;
    private bool _hostClosed;
    private bool _streamOpen = true;
    private bool _askedForCredit;

    /// <summary>Makes a connection and takes over its stream.</summary>
    /// <param name="table">Where it belongs; not added yet.</param>
    /// <param name="key">Its ports.</param>
    /// <param name="stream">The host's end.</param>
    /// <param name="byHost">Whether the host asked for it, so that the guest is asked now; else the guest did, and is answered.</param>
    public VsockConnection(VsockTable table, VsockKey key, IVsockStream stream, bool byHost)
    {
        (_table, Key, _stream) = (table, key, stream);
        _credit = new VsockCredit(table.Windows.Take());
        stream.Bound(_credit.Window);
        State = byHost ? VsockState.Requested : VsockState.Established;
        _pending = byHost ? VsockPending.Request : VsockPending.Response;
        stream.Owner = this;
        table.Ready.Add(this);
    }

    /// <summary>Its ports.</summary>
    public VsockKey Key { get; }

    /// <summary>Where it is.</summary>
    public VsockState State { get; private set; }

    /// <summary>Whether it is in the list of those that may have something for the guest.</summary>
    public bool IsReady { get; set; }

    /// <summary>The next in that list.</summary>
    public VsockConnection? NextReady { get; set; }

    /// <summary>What may be held for the host's socket.</summary>
    public uint Window => _credit.Window;

    /// <summary>Bytes that wait for the host's socket.</summary>
    public uint Buffered => _buffer.Length;

    /// <summary>Takes what the REQUEST tells by which the guest opened it.</summary>
    public void Opened(in VsockHeader request)
    {
        if (_credit.TryUpdate(request.BufferAllocation, request.ForwardCount))
            return;
        _table.Counters.BadPackets++;
        Break();
    }

    /// <summary>A packet of the guest, whose addresses, type and length were checked.</summary>
    /// <param name="packet">Its header.</param>
    /// <param name="chain">Where its data is, after the header.</param>
    public void Receive(in VsockHeader packet, DescriptorChain chain)
    {
        if (packet.Operation == SocketDevice.VIRTIO_VSOCK_OP_RST)
        {
            GuestReset();
            return;
        }
        // The guest may have sent it before it could know.
        if (State == VsockState.Resetting)
            return;
        if (!_credit.TryUpdate(packet.BufferAllocation, packet.ForwardCount) || !TryAct(packet, chain))
        {
            _table.Counters.BadPackets++;
            Break();
            return;
        }
        if (_credit.ForGuest > 0)
            _askedForCredit = false;
        _table.Ready.Add(this);
    }

    /// <summary>Closes the stream without a word to the guest, which knows.</summary>
    public void Drop()
    {
        CloseStream();
        (State, _pending) = (VsockState.Gone, VsockPending.None);
    }

    /// <summary>Does what a packet says; false when it has no place in this state.</summary>
    private bool TryAct(in VsockHeader packet, DescriptorChain chain)
    {
        bool isOpen = State is VsockState.Established or VsockState.Closing;
        switch (packet.Operation)
        {
            case SocketDevice.VIRTIO_VSOCK_OP_RESPONSE when State == VsockState.Requested && (_pending & VsockPending.Request) == 0:
                State = VsockState.Established;
                _table.Counters.OpenedByHost++;
                _stream.Accepted(Key.HostPort);
                return true;
            case SocketDevice.VIRTIO_VSOCK_OP_RW when isOpen && (_guestEnded & SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_SEND) == 0:
                return TryTake(chain, packet.Length);
            case SocketDevice.VIRTIO_VSOCK_OP_SHUTDOWN when isOpen:
                GuestEnds(packet.Flags & BothWays);
                return true;
            case SocketDevice.VIRTIO_VSOCK_OP_CREDIT_UPDATE when isOpen:
                return true;
            case SocketDevice.VIRTIO_VSOCK_OP_CREDIT_REQUEST when isOpen:
                _pending |= VsockPending.CreditUpdate;
                return true;
            default:
                return false;
        }
    }

    /// <summary>Hands data to the host, straight from the guest's memory; what it does not take is copied and waits.</summary>
    private bool TryTake(DescriptorChain chain, uint length)
    {
        if (!_credit.TryReceive(length))
            return false;
        _table.Counters.BytesFromGuest += length;
        if ((_hostEnded & SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_RECEIVE) != 0)
            _credit.Forward(length);
        else if (length > 0)
            Take(chain, length);
        NoteProgress();
        return true;
    }

    private void Take(DescriptorChain chain, uint length)
    {
        uint taken = 0;
        VsockIo result = VsockIo.WouldBlock;
        if (_buffer.Length == 0)
        {
            int count = VsockSegments.Take(chain.Readable, SocketDevice.HeaderSize, length, _table.Segments);
            result = _stream.Write(_table.Segments.AsSpan(0, count), out int written);
            taken = (uint)written;
        }
        if (result is VsockIo.End or VsockIo.Broken)
        {
            _credit.Forward(length);
            HostEnds(SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_RECEIVE);
            return;
        }
        _credit.Forward(taken);
        if (taken == length)
            return;
        _buffer.Append(_table.Chunks, chain, SocketDevice.HeaderSize + taken, length - taken);
        // The host tells of new room only once it has refused something.
        if (result == VsockIo.Ok)
            Flush();
    }

    /// <summary>The guest will not send, or not receive, any more. With both, it is over: the RST says that everything was taken.</summary>
    private void GuestEnds(uint ways)
    {
        uint added = ways & ~_guestEnded;
        _guestEnded |= ways;
        if (_guestEnded == BothWays)
        {
            (State, _pending) = (VsockState.Resetting, VsockPending.Reset);
            if (_buffer.Length == 0)
                CloseStream();
            return;
        }
        if (!_streamOpen)
            return;
        if ((added & SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_SEND) != 0 && _buffer.Length == 0)
            _stream.EndWriting();
        if ((added & SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_RECEIVE) != 0)
            _stream.EndReading();
    }

    /// <summary>The guest says that there is no such connection any more. If it had sent its last word before, that still reaches the host.</summary>
    private void GuestReset()
    {
        if (State == VsockState.Requested)
            _table.Counters.Refused++;
        bool drains = _streamOpen && _buffer.Length > 0 && (_guestEnded & SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_SEND) != 0;
        Leave(drains);
    }

    /// <summary>A rule was broken, or the host's end was: both are told.</summary>
    public void Break()
    {
        (State, _pending) = (VsockState.Resetting, VsockPending.Reset);
        CloseStream();
        _table.Ready.Add(this);
    }

    /// <summary>The ports are free again.</summary>
    private void Leave(bool drains)
    {
        (State, _pending) = (VsockState.Gone, VsockPending.None);
        if (!drains)
            CloseStream();
        _table.Remove(this, drains);
    }

    private void CloseStream()
    {
        if (!_streamOpen)
            return;
        _streamOpen = false;
        _credit.Forward(_buffer.Length);
        _buffer.Remove(_table.Chunks, _buffer.Length);
        _stream.Close();
    }
}
