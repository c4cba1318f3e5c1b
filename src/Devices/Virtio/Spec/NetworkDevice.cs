namespace Vmm.Devices.Virtio.Spec;

/// <summary>The network device. Virtio 1.2, 5.1.</summary>
public static class NetworkDevice
{
    /// <summary>The device takes frames with a checksum to fill in. 5.1.3.</summary>
    public const int VIRTIO_NET_F_CSUM = 0;

    /// <summary>The driver takes frames with a checksum to fill in. 5.1.3.</summary>
    public const int VIRTIO_NET_F_GUEST_CSUM = 1;

    /// <summary>The driver changes what it takes while running. 5.1.3.</summary>
    public const int VIRTIO_NET_F_CTRL_GUEST_OFFLOADS = 2;

    /// <summary>mtu in the configuration is valid. 5.1.3.</summary>
    public const int VIRTIO_NET_F_MTU = 3;

    /// <summary>mac in the configuration is valid. 5.1.3.</summary>
    public const int VIRTIO_NET_F_MAC = 5;

    /// <summary>The driver takes large TCP over IPv4. 5.1.3.</summary>
    public const int VIRTIO_NET_F_GUEST_TSO4 = 7;

    /// <summary>The driver takes large TCP over IPv6. 5.1.3.</summary>
    public const int VIRTIO_NET_F_GUEST_TSO6 = 8;

    /// <summary>The driver takes large TCP with ECN. 5.1.3.</summary>
    public const int VIRTIO_NET_F_GUEST_ECN = 9;

    /// <summary>The device takes large TCP over IPv4. 5.1.3.</summary>
    public const int VIRTIO_NET_F_HOST_TSO4 = 11;

    /// <summary>The device takes large TCP over IPv6. 5.1.3.</summary>
    public const int VIRTIO_NET_F_HOST_TSO6 = 12;

    /// <summary>The device takes large TCP with ECN. 5.1.3.</summary>
    public const int VIRTIO_NET_F_HOST_ECN = 13;

    /// <summary>A frame may be spread over several receive buffers. 5.1.3.</summary>
    public const int VIRTIO_NET_F_MRG_RXBUF = 15;

    /// <summary>status in the configuration is valid. 5.1.3.</summary>
    public const int VIRTIO_NET_F_STATUS = 16;

    /// <summary>There is a control queue. 5.1.3.</summary>
    public const int VIRTIO_NET_F_CTRL_VQ = 17;

    /// <summary>Receive modes and a table of addresses. 5.1.3.</summary>
    public const int VIRTIO_NET_F_CTRL_RX = 18;

    /// <summary>A table of VLANs. 5.1.3.</summary>
    public const int VIRTIO_NET_F_CTRL_VLAN = 19;

    /// <summary>More receive modes. 5.1.3.</summary>
    public const int VIRTIO_NET_F_CTRL_RX_EXTRA = 20;

    /// <summary>The driver announces itself when asked. 5.1.3.</summary>
    public const int VIRTIO_NET_F_GUEST_ANNOUNCE = 21;

    /// <summary>Several pairs of queues. 5.1.3.</summary>
    public const int VIRTIO_NET_F_MQ = 22;

    /// <summary>The driver sets the device's address. 5.1.3.</summary>
    public const int VIRTIO_NET_F_CTRL_MAC_ADDR = 23;

    /// <summary>The driver takes large UDP over IPv4. Virtio 1.3, 5.1.3.</summary>
    public const int VIRTIO_NET_F_GUEST_USO4 = 54;

    /// <summary>The driver takes large UDP over IPv6. Virtio 1.3, 5.1.3.</summary>
    public const int VIRTIO_NET_F_GUEST_USO6 = 55;

    /// <summary>The device takes large UDP. 5.1.3.</summary>
    public const int VIRTIO_NET_F_HOST_USO = 56;

    /// <summary>u8 mac[6], le16 status, le16 max_virtqueue_pairs, le16 mtu; what follows belongs to features not offered. 5.1.4.</summary>
    public const int ConfigSize = 12;

    /// <summary>Offset of mac. 5.1.4.</summary>
    public const int ConfigMac = 0;

    /// <summary>Offset of status. 5.1.4.</summary>
    public const int ConfigStatus = 6;

    /// <summary>Offset of max_virtqueue_pairs. 5.1.4.</summary>
    public const int ConfigMaxPairs = 8;

    /// <summary>Offset of mtu. 5.1.4.</summary>
    public const int ConfigMtu = 10;

    /// <summary>In status: the link is up. 5.1.4.</summary>
    public const ushort VIRTIO_NET_S_LINK_UP = 1;

    /// <summary>In status: the driver should announce itself. 5.1.4.</summary>
    public const ushort VIRTIO_NET_S_ANNOUNCE = 2;

    /// <summary>Bytes of struct virtio_net_hdr without a hash report. 5.1.6.</summary>
    public const int HeaderSize = 12;

    /// <summary>Offset of flags. 5.1.6.</summary>
    public const int HeaderFlags = 0;

    /// <summary>Offset of gso_type. 5.1.6.</summary>
    public const int HeaderGsoType = 1;

    /// <summary>Offset of hdr_len. 5.1.6.</summary>
    public const int HeaderLength = 2;

    /// <summary>Offset of gso_size. 5.1.6.</summary>
    public const int HeaderGsoSize = 4;

    /// <summary>Offset of csum_start. 5.1.6.</summary>
    public const int HeaderChecksumStart = 6;

    /// <summary>Offset of csum_offset. 5.1.6.</summary>
    public const int HeaderChecksumOffset = 8;

    /// <summary>Offset of num_buffers. 5.1.6.</summary>
    public const int HeaderBuffers = 10;

    /// <summary>In flags: a checksum is to be filled in. 5.1.6.</summary>
    public const byte VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;

    /// <summary>In flags: the checksum has been looked at and is right. 5.1.6.</summary>
    public const byte VIRTIO_NET_HDR_F_DATA_VALID = 2;

    /// <summary>A frame as it goes over a wire. 5.1.6.</summary>
    public const byte VIRTIO_NET_HDR_GSO_NONE = 0;

    /// <summary>Large TCP over IPv4. 5.1.6.</summary>
    public const byte VIRTIO_NET_HDR_GSO_TCPV4 = 1;

    /// <summary>Large TCP over IPv6. 5.1.6.</summary>
    public const byte VIRTIO_NET_HDR_GSO_TCPV6 = 4;

    /// <summary>Large UDP. 5.1.6.</summary>
    public const byte VIRTIO_NET_HDR_GSO_UDP_L4 = 5;

    /// <summary>Besides a TCP type: with ECN. 5.1.6.</summary>
    public const byte VIRTIO_NET_HDR_GSO_ECN = 0x80;

    /// <summary>The largest frame: 65535 bytes of packet and an Ethernet header; with a VLAN tag 4 more. 5.1.6.3.1.</summary>
    public const int LargestFrame = 65535 + EthernetHeader + VlanTag;

    /// <summary>Two addresses and a type (IEEE 802.3, 3.1.1).</summary>
    public const int EthernetHeader = 14;

    /// <summary>A tag between addresses and type (IEEE 802.1Q, 9.4).</summary>
    public const int VlanTag = 4;

    /// <summary>What a packet has at most on a plain Ethernet (IEEE 802.3, 3.2.7).</summary>
    public const int EthernetMtu = 1500;
}
