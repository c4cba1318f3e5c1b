namespace Vmm.Network.Passt;

/// <summary>What a frame on a stream may measure: each has its length before it, 32 bits with the highest byte first.</summary>
internal static class FrameLengths
{
    /// <summary>The length's own.</summary>
    public const int Prefix = sizeof(uint);

    /// <summary>An Ethernet header (IEEE 802.3: two addresses and a type).</summary>
    public const int Smallest = 14;

    /// <summary>The largest IP packet, and a header with two VLAN tags.</summary>
    public const int Largest = 65535 + Smallest + 8;
}
