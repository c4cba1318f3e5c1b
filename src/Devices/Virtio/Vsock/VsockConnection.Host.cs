using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Vsock;

/// <content>What happens at the host's end, and what the guest is sent for it.</content>
internal sealed partial class VsockConnection : IVsockStreamOwner
{
    /// <summary>Whether what the host sends may go to the guest.</summary>
    private bool MayRead => State == VsockState.Established && _readable
        && (_guestEnded & SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_RECEIVE) == 0
        && (_hostEnded & SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_SEND) == 0;

    /// <inheritdoc/>
    public void StreamChanged(bool readable, bool writable, bool closed)
    {
        if (!_streamOpen)
            return;
        _readable |= readable;
        if (writable)
            Flush();
        if (closed)
            HostClosed();
        if (State != VsockState.Gone)
            _table.Ready.Add(this);
    }

    /// <summary>What the guest should be sent next; INVALID when there is nothing.</summary>
    public ushort NextOperation()
    {
        if (_pending != VsockPending.None)
            return NextPending();
        if (!MayRead)
            return SocketDevice.VIRTIO_VSOCK_OP_INVALID;
        if (_credit.ForGuest > 0)
            return SocketDevice.VIRTIO_VSOCK_OP_RW;
        return _askedForCredit ? SocketDevice.VIRTIO_VSOCK_OP_INVALID : SocketDevice.VIRTIO_VSOCK_OP_CREDIT_REQUEST;
    }

    /// <summary>Reads what the host has sent into the guest's buffer, after the place of the header.</summary>
    /// <returns>How many bytes; 0 when nothing is there, or the end.</returns>
    public uint Read(DescriptorChain chain)
    {
        uint room = (uint)Math.Min(chain.WritableLength - SocketDevice.HeaderSize, _credit.ForGuest);
        int count = VsockSegments.Take(chain.Writable, SocketDevice.HeaderSize, room, _table.Segments);
        VsockIo result = _stream.Read(_table.Segments.AsSpan(0, count), out int length);
        switch (result)
        {
            case VsockIo.Ok:
                _credit.Send((uint)length);
                return (uint)length;
            case VsockIo.WouldBlock:
                _readable = false;
                break;
            case VsockIo.End:
                HostEnds(_hostClosed ? BothWays : SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_SEND);
                break;
            default:
                Break();
                break;
        }
        return 0;
    }

    /// <summary>Fills in what is the connection's in the header of a packet that goes out now.</summary>
    public void Fill(ref VsockHeader packet)
    {
        packet.SourcePort = Key.HostPort;
        packet.DestinationPort = Key.GuestPort;
        packet.Type = SocketDevice.VIRTIO_VSOCK_TYPE_STREAM;
        packet.Flags = packet.Operation == SocketDevice.VIRTIO_VSOCK_OP_SHUTDOWN ? _hostEnded : 0;
        packet.BufferAllocation = _credit.Window;
        packet.ForwardCount = _credit.Tell();
    }

    /// <summary>A packet went out.</summary>
    public void Sent(ushort operation)
    {
        switch (operation)
        {
            case SocketDevice.VIRTIO_VSOCK_OP_RST:
                Leave(drains: _streamOpen);
                break;
            case SocketDevice.VIRTIO_VSOCK_OP_REQUEST:
                _pending &= ~VsockPending.Request;
                break;
            case SocketDevice.VIRTIO_VSOCK_OP_RESPONSE:
                _pending &= ~VsockPending.Response;
                break;
            case SocketDevice.VIRTIO_VSOCK_OP_SHUTDOWN:
                _pending &= ~VsockPending.Shutdown;
                break;
            case SocketDevice.VIRTIO_VSOCK_OP_CREDIT_REQUEST:
                _askedForCredit = true;
                break;
            default:
                break;
        }
        // Every packet tells fwd_cnt.
        _pending &= ~VsockPending.CreditUpdate;
    }

    private ushort NextPending()
    {
        if ((_pending & VsockPending.Reset) != 0)
            return SocketDevice.VIRTIO_VSOCK_OP_RST;
        if ((_pending & VsockPending.Request) != 0)
            return SocketDevice.VIRTIO_VSOCK_OP_REQUEST;
        if ((_pending & VsockPending.Response) != 0)
            return SocketDevice.VIRTIO_VSOCK_OP_RESPONSE;
        return (_pending & VsockPending.Shutdown) != 0 ? SocketDevice.VIRTIO_VSOCK_OP_SHUTDOWN : SocketDevice.VIRTIO_VSOCK_OP_CREDIT_UPDATE;
    }

    /// <summary>The host's socket takes bytes again.</summary>
    private void Flush()
    {
        if (_buffer.Length == 0)
            return;
        while (_buffer.Length > 0)
        {
            int count = _buffer.List(_table.Segments);
            VsockIo result = _stream.Write(_table.Segments.AsSpan(0, count), out int written);
            if (result == VsockIo.WouldBlock)
                break;
            if (result != VsockIo.Ok)
            {
                HostEnds(SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_RECEIVE);
                return;
            }
            _credit.Forward((uint)written);
            _buffer.Remove(_table.Chunks, (uint)written);
        }
        NoteProgress();
        if (_buffer.Length > 0)
            return;
        if (State is VsockState.Resetting or VsockState.Gone)
            EndDraining();
        else if ((_guestEnded & SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_SEND) != 0)
            _stream.EndWriting();
    }

    /// <summary>Nobody reads and nothing more comes, but what the host sent before is still for the guest.</summary>
    private void HostClosed()
    {
        _hostClosed = true;
        if (State is VsockState.Resetting or VsockState.Gone)
        {
            EndDraining();
        }
        else if (State == VsockState.Requested)
        {
            if ((_pending & VsockPending.Request) == 0)
                Break();
            else
                Leave(drains: false);
        }
        else if ((_guestEnded & SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_RECEIVE) != 0 || (_hostEnded & SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_SEND) != 0)
        {
            HostEnds(BothWays);
        }
        else
        {
            _readable = true;
        }
    }

    /// <summary>The host will not receive, or not send, any more: the guest is told. What waited for it is dropped.</summary>
    private void HostEnds(uint ways)
    {
        if ((ways & SocketDevice.VIRTIO_VSOCK_SHUTDOWN_F_RECEIVE) != 0)
        {
            _credit.Forward(_buffer.Length);
            _buffer.Remove(_table.Chunks, _buffer.Length);
        }
        if (State is VsockState.Resetting or VsockState.Gone)
        {
            EndDraining();
            return;
        }
        if ((ways & ~_hostEnded) == 0)
            return;
        _hostEnded |= ways;
        _pending |= VsockPending.Shutdown;
        if (_hostEnded != BothWays)
            return;
        State = VsockState.Closing;
        CloseStream();
    }

    private void EndDraining()
    {
        CloseStream();
        if (State == VsockState.Gone)
            _table.Drained(this);
    }

    private void NoteProgress()
    {
        if (_credit.NeedsUpdate && State != VsockState.Resetting && State != VsockState.Gone)
            _pending |= VsockPending.CreditUpdate;
    }
}
