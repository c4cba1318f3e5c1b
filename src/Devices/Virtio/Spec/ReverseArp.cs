namespace Vmm.Devices.Virtio.Spec;

/// <summary>Reverse address resolution over Ethernet: RFC 903, in the layout of RFC 826.</summary>
public static class ReverseArp
{
    /// <summary>Its number in an Ethernet header. RFC 903.</summary>
    public const ushort EtherType = 0x8035;

    /// <summary>Hardware: Ethernet. RFC 826.</summary>
    public const ushort HardwareEthernet = 1;

    /// <summary>Protocol: IPv4, by its Ethernet number. RFC 826.</summary>
    public const ushort ProtocolIpv4 = 0x0800;

    /// <summary>Bytes of an IPv4 address.</summary>
    public const byte ProtocolLength = 4;

    /// <summary>"Request reverse": which address belongs to this card? RFC 903.</summary>
    public const ushort RequestReverse = 3;

    /// <summary>Where the addresses begin in the packet. RFC 826.</summary>
    public const int Addresses = 8;

    /// <summary>The shortest Ethernet frame, without its check sequence. IEEE 802.3, 3.2.8.</summary>
    public const int SmallestFrame = 60;
}
