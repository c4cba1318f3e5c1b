namespace Vmm.Devices.Virtio.Spec;

/// <summary>The socket device. Virtio 1.2, 5.10.</summary>
public static class SocketDevice
{
    /// <summary>Stream sockets. 5.10.3.</summary>
    public const int VIRTIO_VSOCK_F_STREAM = 0;

    /// <summary>Sockets of records. 5.10.3. Not offered here.</summary>
    public const int VIRTIO_VSOCK_F_SEQPACKET = 1;

    /// <summary>Without this, and without any other, streams are implied. 5.10.3.</summary>
    public const int VIRTIO_VSOCK_F_NO_IMPLIED_STREAM = 2;

    /// <summary>Queue 0: packets to the guest. 5.10.2.</summary>
    public const int ReceiveQueue = 0;

    /// <summary>Queue 1: packets from the guest. 5.10.2.</summary>
    public const int TransmitQueue = 1;

    /// <summary>Queue 2: events for the guest. 5.10.2.</summary>
    public const int EventQueue = 2;

    /// <summary>le64 guest_cid. 5.10.4.</summary>
    public const int ConfigSize = 8;

    /// <summary>The host's address. 5.10.4.</summary>
    public const ulong HostCid = 2;

    /// <summary>The first address that a guest can have: 0 to 2 are reserved. 5.10.4.</summary>
    public const ulong FirstGuestCid = 3;

    /// <summary>The last one: 0xffffffff and all that have one of the upper 32 bits set are reserved. 5.10.4.</summary>
    public const ulong LastGuestCid = 0xffff_fffe;

    /// <summary>Bytes of struct virtio_vsock_hdr. 5.10.6.</summary>
    public const int HeaderSize = 44;

    /// <summary>Offset of le64 src_cid. 5.10.6.</summary>
    public const int HeaderSourceCid = 0;

    /// <summary>Offset of le64 dst_cid. 5.10.6.</summary>
    public const int HeaderDestinationCid = 8;

    /// <summary>Offset of le32 src_port. 5.10.6.</summary>
    public const int HeaderSourcePort = 16;

    /// <summary>Offset of le32 dst_port. 5.10.6.</summary>
    public const int HeaderDestinationPort = 20;

    /// <summary>Offset of le32 len: bytes of data after the header. 5.10.6.</summary>
    public const int HeaderLength = 24;

    /// <summary>Offset of le16 type. 5.10.6.</summary>
    public const int HeaderType = 28;

    /// <summary>Offset of le16 op. 5.10.6.</summary>
    public const int HeaderOperation = 30;

    /// <summary>Offset of le32 flags. 5.10.6.</summary>
    public const int HeaderFlags = 32;

    /// <summary>Offset of le32 buf_alloc: how much the sender can hold for this socket. 5.10.6.3.</summary>
    public const int HeaderBufferAllocation = 36;

    /// <summary>Offset of le32 fwd_cnt: how many bytes the sender has passed on, modulo 2³². 5.10.6.3.</summary>
    public const int HeaderForwardCount = 40;

    /// <summary>The type of a stream. 5.10.6.</summary>
    public const ushort VIRTIO_VSOCK_TYPE_STREAM = 1;

    /// <summary>No operation. 5.10.6.</summary>
    public const ushort VIRTIO_VSOCK_OP_INVALID = 0;

    /// <summary>Asks for a connection. 5.10.6.</summary>
    public const ushort VIRTIO_VSOCK_OP_REQUEST = 1;

    /// <summary>Accepts it. 5.10.6.</summary>
    public const ushort VIRTIO_VSOCK_OP_RESPONSE = 2;

    /// <summary>Ends or refuses it. 5.10.6.</summary>
    public const ushort VIRTIO_VSOCK_OP_RST = 3;

    /// <summary>Says what will not be sent or received any more. 5.10.6.</summary>
    public const ushort VIRTIO_VSOCK_OP_SHUTDOWN = 4;

    /// <summary>Carries data. 5.10.6.</summary>
    public const ushort VIRTIO_VSOCK_OP_RW = 5;

    /// <summary>Tells buf_alloc and fwd_cnt. 5.10.6.</summary>
    public const ushort VIRTIO_VSOCK_OP_CREDIT_UPDATE = 6;

    /// <summary>Asks to be told them. 5.10.6.</summary>
    public const ushort VIRTIO_VSOCK_OP_CREDIT_REQUEST = 7;

    /// <summary>In flags of a SHUTDOWN: its sender will receive no more. 5.10.6.5.</summary>
    public const uint VIRTIO_VSOCK_SHUTDOWN_F_RECEIVE = 1;

    /// <summary>In flags of a SHUTDOWN: its sender will send no more. 5.10.6.5.</summary>
    public const uint VIRTIO_VSOCK_SHUTDOWN_F_SEND = 2;

    /// <summary>le32 id of an event. 5.10.6.7.</summary>
    public const int EventSize = 4;

    /// <summary>All connections are gone, and guest_cid may be another. 5.10.6.7.</summary>
    public const uint VIRTIO_VSOCK_EVENT_TRANSPORT_RESET = 0;
}
