using Vmm.Devices.Backends;
using static Vmm.Devices.Virtio.Spec.FeatureBits;
using static Vmm.Devices.Virtio.Spec.NetworkDevice;

namespace Vmm.Devices.Virtio.Net;

/// <summary>The feature bits of a network device: which are offered, which belong together, and what they say of offloads.</summary>
internal static class NetworkFeatures
{
    /// <summary>What the driver may take frames with: the bits that VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET can have.</summary>
    public static readonly ulong GuestOffloads = Mask(VIRTIO_NET_F_GUEST_CSUM) | Mask(VIRTIO_NET_F_GUEST_TSO4) | Mask(VIRTIO_NET_F_GUEST_TSO6)
        | Mask(VIRTIO_NET_F_GUEST_ECN) | Mask(VIRTIO_NET_F_GUEST_USO4) | Mask(VIRTIO_NET_F_GUEST_USO6);

    private static readonly ulong s_always = Mask(VIRTIO_NET_F_MAC) | Mask(VIRTIO_NET_F_STATUS) | Mask(VIRTIO_NET_F_MRG_RXBUF)
        | Mask(VIRTIO_NET_F_CTRL_VQ) | Mask(VIRTIO_NET_F_CTRL_RX) | Mask(VIRTIO_NET_F_CTRL_RX_EXTRA) | Mask(VIRTIO_NET_F_CTRL_VLAN)
        | Mask(VIRTIO_NET_F_CTRL_MAC_ADDR) | Mask(VIRTIO_NET_F_GUEST_ANNOUNCE);

    /// <summary>Each bit, and those of which it needs one. 5.1.3.1.</summary>
    private static readonly (ulong Bit, ulong NeedsOneOf)[] s_needs =
    [
        (Mask(VIRTIO_NET_F_GUEST_TSO4), Mask(VIRTIO_NET_F_GUEST_CSUM)),
        (Mask(VIRTIO_NET_F_GUEST_TSO6), Mask(VIRTIO_NET_F_GUEST_CSUM)),
        (Mask(VIRTIO_NET_F_GUEST_USO4), Mask(VIRTIO_NET_F_GUEST_CSUM)),
        (Mask(VIRTIO_NET_F_GUEST_USO6), Mask(VIRTIO_NET_F_GUEST_CSUM)),
        (Mask(VIRTIO_NET_F_GUEST_ECN), Mask(VIRTIO_NET_F_GUEST_TSO4) | Mask(VIRTIO_NET_F_GUEST_TSO6)),
        (Mask(VIRTIO_NET_F_HOST_TSO4), Mask(VIRTIO_NET_F_CSUM)),
        (Mask(VIRTIO_NET_F_HOST_TSO6), Mask(VIRTIO_NET_F_CSUM)),
        (Mask(VIRTIO_NET_F_HOST_USO), Mask(VIRTIO_NET_F_CSUM)),
        (Mask(VIRTIO_NET_F_HOST_ECN), Mask(VIRTIO_NET_F_HOST_TSO4) | Mask(VIRTIO_NET_F_HOST_TSO6)),
        (Mask(VIRTIO_NET_F_CTRL_RX), Mask(VIRTIO_NET_F_CTRL_VQ)),
        (Mask(VIRTIO_NET_F_CTRL_RX_EXTRA), Mask(VIRTIO_NET_F_CTRL_VQ)),
        (Mask(VIRTIO_NET_F_CTRL_VLAN), Mask(VIRTIO_NET_F_CTRL_VQ)),
        (Mask(VIRTIO_NET_F_CTRL_MAC_ADDR), Mask(VIRTIO_NET_F_CTRL_VQ)),
        (Mask(VIRTIO_NET_F_GUEST_ANNOUNCE), Mask(VIRTIO_NET_F_CTRL_VQ)),
        (Mask(VIRTIO_NET_F_MQ), Mask(VIRTIO_NET_F_CTRL_VQ)),
        (Mask(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS), Mask(VIRTIO_NET_F_CTRL_VQ)),
    ];

    /// <summary>What a card offers.</summary>
    public static ulong Offer(INetworkBackend backend, NetworkOptions options)
    {
        ulong offer = s_always;
        if ((options.Mtu ?? backend.Mtu) is not null)
            offer |= Mask(VIRTIO_NET_F_MTU);
        if (options.QueuePairs > 1)
            offer |= Mask(VIRTIO_NET_F_MQ);
        if (options.Offloads)
            offer |= Sending(backend.SendOffloads) | Receiving(backend.ReceiveOffloads);
        if ((offer & GuestOffloads) != 0)
            offer |= Mask(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS);
        return offer;
    }

    /// <summary>Whether every bit has what it needs.</summary>
    public static bool AreConsistent(ulong features)
    {
        foreach ((ulong bit, ulong needsOneOf) in s_needs)
        {
            if ((features & bit) != 0 && (features & needsOneOf) == 0)
                return false;
        }
        return true;
    }

    /// <summary>What the driver may leave to the device.</summary>
    public static NetworkOffloads FromDriver(ulong features) =>
        When(features, VIRTIO_NET_F_CSUM, NetworkOffloads.Checksum)
        | When(features, VIRTIO_NET_F_HOST_TSO4, NetworkOffloads.Tso4)
        | When(features, VIRTIO_NET_F_HOST_TSO6, NetworkOffloads.Tso6)
        | When(features, VIRTIO_NET_F_HOST_ECN, NetworkOffloads.Ecn)
        | When(features, VIRTIO_NET_F_HOST_USO, NetworkOffloads.Uso);

    /// <summary>What the device may leave to the driver. Large UDP counts only if the driver takes it over both IPv4 and IPv6.</summary>
    public static NetworkOffloads ToDriver(ulong features)
    {
        ulong uso = Mask(VIRTIO_NET_F_GUEST_USO4) | Mask(VIRTIO_NET_F_GUEST_USO6);
        return When(features, VIRTIO_NET_F_GUEST_CSUM, NetworkOffloads.Checksum)
            | When(features, VIRTIO_NET_F_GUEST_TSO4, NetworkOffloads.Tso4)
            | When(features, VIRTIO_NET_F_GUEST_TSO6, NetworkOffloads.Tso6)
            | When(features, VIRTIO_NET_F_GUEST_ECN, NetworkOffloads.Ecn)
            | ((features & uso) == uso ? NetworkOffloads.Uso : 0);
    }

    private static NetworkOffloads When(ulong features, int bit, NetworkOffloads then) => (features & Mask(bit)) != 0 ? then : 0;

    private static ulong Sending(NetworkOffloads offloads) => Bits(offloads, VIRTIO_NET_F_CSUM, VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_HOST_TSO6,
        VIRTIO_NET_F_HOST_ECN, Mask(VIRTIO_NET_F_HOST_USO));

    private static ulong Receiving(NetworkOffloads offloads) => Bits(offloads, VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_TSO6,
        VIRTIO_NET_F_GUEST_ECN, Mask(VIRTIO_NET_F_GUEST_USO4) | Mask(VIRTIO_NET_F_GUEST_USO6));

    private static ulong Bits(NetworkOffloads offloads, int checksum, int tso4, int tso6, int ecn, ulong uso)
    {
        if ((offloads & NetworkOffloads.Checksum) == 0)
            return 0;
        ulong bits = Mask(checksum);
        if ((offloads & NetworkOffloads.Tso4) != 0)
            bits |= Mask(tso4);
        if ((offloads & NetworkOffloads.Tso6) != 0)
            bits |= Mask(tso6);
        if ((offloads & NetworkOffloads.Ecn) != 0 && (offloads & (NetworkOffloads.Tso4 | NetworkOffloads.Tso6)) != 0)
            bits |= Mask(ecn);
        if ((offloads & NetworkOffloads.Uso) != 0)
            bits |= uso;
        return bits;
    }
}
