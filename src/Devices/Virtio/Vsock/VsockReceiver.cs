using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Vsock;

/// <summary>Fills the guest's receive queue: RSTs first, then a packet of each connection in turn. Used with the device's lock held.</summary>
/// <remarks>
/// What there is to send is decided before a buffer is taken, and a buffer is taken before anything is read from the host.
/// So a queue without buffers costs nothing: whatever waits stays where it is, in sockets and flags, and the guest's next
/// buffer brings it on its way.
/// </remarks>
/// <param name="core">The device's core.</param>
/// <param name="table">The connections.</param>
/// <param name="replies">RSTs to what belongs to none.</param>
/// <param name="guestCid">The guest's address.</param>
internal sealed class VsockReceiver(VirtioDeviceCore core, VsockTable table, VsockReplies replies, ulong guestCid)
{
    private readonly DescriptorChain _chain = new(VirtioVsock.MostSegments);

    /// <summary>Sends what there is, as far as there are buffers.</summary>
    /// <returns>True when it stopped early, to let others have the thread.</returns>
    public bool Deliver()
    {
        Virtqueue queue = core.Queue(SocketDevice.ReceiveQueue);
        queue.DisableNotifications();
        for (uint budget = queue.Size; budget > 0; budget--)
        {
            if (!TryChoose(out VsockConnection? connection, out ushort operation))
                return false;
            ChainStatus status = queue.TryPop(_chain);
            if (status == ChainStatus.Empty)
            {
                if (!queue.EnableNotifications())
                    return false;
                continue;
            }
            if (status != ChainStatus.Ok || _chain.WritableLength < SocketDevice.HeaderSize)
            {
                Fail(queue, status);
                return false;
            }
            if (connection is null)
                SendReply(queue);
            else
                Send(queue, connection, operation);
        }
        return true;
    }

    private bool TryChoose(out VsockConnection? connection, out ushort operation)
    {
        (connection, operation) = (null, SocketDevice.VIRTIO_VSOCK_OP_RST);
        if (replies.Count > 0)
            return true;
        while (table.Ready.First is VsockConnection first)
        {
            operation = first.NextOperation();
            if (operation != SocketDevice.VIRTIO_VSOCK_OP_INVALID)
            {
                connection = first;
                return true;
            }
            table.Ready.RemoveFirst();
        }
        return false;
    }

    private void SendReply(Virtqueue queue)
    {
        ref readonly VsockReply reply = ref replies.First;
        VsockHeader packet = new()
        {
            SourceCid = reply.SourceCid,
            DestinationCid = guestCid,
            SourcePort = reply.SourcePort,
            DestinationPort = reply.DestinationPort,
            Type = reply.Type,
            Operation = SocketDevice.VIRTIO_VSOCK_OP_RST,
        };
        Give(queue, in packet);
        replies.RemoveFirst();
    }

    private void Send(Virtqueue queue, VsockConnection connection, ushort operation)
    {
        VsockHeader packet = new() { SourceCid = SocketDevice.HostCid, DestinationCid = guestCid, Operation = operation };
        if (operation == SocketDevice.VIRTIO_VSOCK_OP_RW)
        {
            if (_chain.WritableLength == SocketDevice.HeaderSize)
            {
                // Room for a header and no data: good for nothing now.
                queue.AddUsed(_chain.Head, 0);
                return;
            }
            packet.Length = connection.Read(_chain);
            if (packet.Length == 0)
            {
                queue.PutBack(_chain);
                return;
            }
        }
        connection.Fill(ref packet);
        Give(queue, in packet);
        table.Ready.Rotate();
        connection.Sent(operation);
    }

    private void Give(Virtqueue queue, in VsockHeader packet)
    {
        Span<byte> header = stackalloc byte[SocketDevice.HeaderSize];
        packet.Write(header);
        _chain.Write(0, header);
        queue.AddUsed(_chain.Head, SocketDevice.HeaderSize + packet.Length);
        VsockCounters counters = table.Counters;
        counters.PacketsToGuest++;
        counters.BytesToGuest += packet.Length;
        if (packet.Operation == SocketDevice.VIRTIO_VSOCK_OP_RST)
            counters.ResetsSent++;
    }

    private void Fail(Virtqueue queue, ChainStatus status)
    {
        if (status is ChainStatus.Ok or ChainStatus.OutOfRange)
            queue.AddUsed(_chain.Head, 0);
        if (status == ChainStatus.Ok)
            core.Fail(queue.Index, "a buffer has no room for a header");
        else
            core.Fail(queue.Index, status);
    }
}
