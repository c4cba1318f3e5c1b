using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Vsock;

/// <summary>Takes the guest's packets, checks each, and hands it to its connection. Used with the device's lock held.</summary>
/// <remarks>
/// Whatever is wrong with a packet, the answer is an RST, of which only so many wait (<see cref="VsockReplies"/>): a guest
/// that does not take them gets nothing more taken. An RST is never answered.
/// </remarks>
/// <param name="core">The device's core.</param>
/// <param name="table">The connections.</param>
/// <param name="replies">RSTs to what belongs to none.</param>
/// <param name="guestCid">The guest's address.</param>
/// <param name="backend">Who accepts on the host's ports.</param>
internal sealed class VsockTransmitter(VirtioDeviceCore core, VsockTable table, VsockReplies replies, ulong guestCid, IVsockBackend backend)
{
    /// <summary>Bytes after which the host's other end gets its turn.</summary>
    private const ulong Slice = 1 << 20;

    private readonly DescriptorChain _chain = new(VirtioVsock.MostSegments);

    /// <summary>Whether packets wait in the queue for replies to go out first.</summary>
    public bool IsStalled { get; private set; }

    /// <summary>Takes what the guest has sent.</summary>
    /// <returns>True when it stopped early, to let others have the thread.</returns>
    public bool Process()
    {
        Virtqueue queue = core.Queue(SocketDevice.TransmitQueue);
        queue.DisableNotifications();
        IsStalled = false;
        ulong bytes = 0;
        for (uint budget = queue.Size; budget > 0 && bytes < Slice; budget--)
        {
            if (replies.IsFull)
            {
                IsStalled = true;
                return false;
            }
            ChainStatus status = queue.TryPop(_chain);
            if (status == ChainStatus.Empty)
            {
                if (!queue.EnableNotifications())
                    return false;
                continue;
            }
            if (status != ChainStatus.Ok)
            {
                core.Fail(queue, _chain, status);
                return false;
            }
            bytes += _chain.ReadableLength;
            Take();
            queue.AddUsed(_chain.Head, 0);
        }
        return true;
    }

    /// <summary>Back to power-on.</summary>
    public void Reset() => IsStalled = false;

    private void Take()
    {
        VsockCounters counters = table.Counters;
        counters.PacketsFromGuest++;
        Span<byte> header = stackalloc byte[SocketDevice.HeaderSize];
        if (_chain.Read(0, header) < header.Length)
        {
            // Not even an address to answer to.
            counters.BadPackets++;
            return;
        }
        VsockHeader packet = VsockHeader.Read(header);
        if (packet.SourceCid != guestCid || packet.DestinationCid != SocketDevice.HostCid || packet.Type != SocketDevice.VIRTIO_VSOCK_TYPE_STREAM)
        {
            counters.BadPackets++;
            Refuse(packet);
            return;
        }
        VsockKey key = new(packet.DestinationPort, packet.SourcePort);
        VsockConnection? connection = table.Find(key);
        if (packet.Length > _chain.ReadableLength - SocketDevice.HeaderSize)
        {
            counters.BadPackets++;
            if (connection is null)
                Refuse(packet);
            else
                connection.Break();
        }
        else if (connection is not null)
        {
            connection.Receive(packet, _chain);
        }
        else if (packet.Operation == SocketDevice.VIRTIO_VSOCK_OP_REQUEST)
        {
            Open(key, packet);
        }
        else
        {
            Refuse(packet);
        }
    }

    private void Open(VsockKey key, in VsockHeader request)
    {
        IVsockStream? stream = table.IsFull ? null : backend.TryConnect(key.HostPort);
        if (stream is null)
        {
            table.Counters.Refused++;
            Refuse(request);
            return;
        }
        VsockConnection connection = new(table, key, stream, byHost: false);
        table.Add(connection);
        table.Counters.OpenedByGuest++;
        connection.Opened(request);
    }

    private void Refuse(in VsockHeader packet)
    {
        if (packet.Operation != SocketDevice.VIRTIO_VSOCK_OP_RST)
            replies.Add(new VsockReply(packet.DestinationCid, packet.DestinationPort, packet.SourcePort, packet.Type));
    }
}
