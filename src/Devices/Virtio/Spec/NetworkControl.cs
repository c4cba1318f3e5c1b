namespace Vmm.Devices.Virtio.Spec;

/// <summary>The network device's control queue. Virtio 1.2, 5.1.6.5.</summary>
public static class NetworkControl
{
    /// <summary>u8 class, u8 command. 5.1.6.5.</summary>
    public const int CommandSize = 2;

    /// <summary>Answer: done. 5.1.6.5.</summary>
    public const byte VIRTIO_NET_OK = 0;

    /// <summary>Answer: not done. 5.1.6.5.</summary>
    public const byte VIRTIO_NET_ERR = 1;

    /// <summary>Class of receive modes, each a byte 0 or 1. 5.1.6.5.1.</summary>
    public const byte VIRTIO_NET_CTRL_RX = 0;

    /// <summary>Take everything. 5.1.6.5.1.</summary>
    public const byte VIRTIO_NET_CTRL_RX_PROMISC = 0;

    /// <summary>Take all multicast. 5.1.6.5.1.</summary>
    public const byte VIRTIO_NET_CTRL_RX_ALLMULTI = 1;

    /// <summary>Take all unicast. 5.1.6.5.1.</summary>
    public const byte VIRTIO_NET_CTRL_RX_ALLUNI = 2;

    /// <summary>Take no multicast. 5.1.6.5.1.</summary>
    public const byte VIRTIO_NET_CTRL_RX_NOMULTI = 3;

    /// <summary>Take no unicast. 5.1.6.5.1.</summary>
    public const byte VIRTIO_NET_CTRL_RX_NOUNI = 4;

    /// <summary>Take no broadcast. 5.1.6.5.1.</summary>
    public const byte VIRTIO_NET_CTRL_RX_NOBCAST = 5;

    /// <summary>Class of addresses. 5.1.6.5.2.</summary>
    public const byte VIRTIO_NET_CTRL_MAC = 1;

    /// <summary>The table of addresses to take: unicast, then multicast, each le32 entries and the addresses. 5.1.6.5.2.</summary>
    public const byte VIRTIO_NET_CTRL_MAC_TABLE_SET = 0;

    /// <summary>The device's own address. 5.1.6.5.2.</summary>
    public const byte VIRTIO_NET_CTRL_MAC_ADDR_SET = 1;

    /// <summary>Class of VLANs, le16 each. 5.1.6.5.3.</summary>
    public const byte VIRTIO_NET_CTRL_VLAN = 2;

    /// <summary>Take a VLAN's frames. 5.1.6.5.3.</summary>
    public const byte VIRTIO_NET_CTRL_VLAN_ADD = 0;

    /// <summary>Take them no longer. 5.1.6.5.3.</summary>
    public const byte VIRTIO_NET_CTRL_VLAN_DEL = 1;

    /// <summary>How many VLANs there are (IEEE 802.1Q, 9.6).</summary>
    public const int VlanCount = 4096;

    /// <summary>Class of announcements. 5.1.6.5.4.</summary>
    public const byte VIRTIO_NET_CTRL_ANNOUNCE = 3;

    /// <summary>The driver has seen that it should. 5.1.6.5.4.</summary>
    public const byte VIRTIO_NET_CTRL_ANNOUNCE_ACK = 0;

    /// <summary>Class of several queues. 5.1.6.5.5.</summary>
    public const byte VIRTIO_NET_CTRL_MQ = 4;

    /// <summary>How many pairs are used from now on, le16. 5.1.6.5.6.</summary>
    public const byte VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET = 0;

    /// <summary>Class of offloads. 5.1.6.5.9.</summary>
    public const byte VIRTIO_NET_CTRL_GUEST_OFFLOADS = 5;

    /// <summary>What the driver takes from now on, le64, as feature bits. 5.1.6.5.9.</summary>
    public const byte VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET = 0;
}
