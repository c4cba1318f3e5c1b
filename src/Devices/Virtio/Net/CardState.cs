using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Net;

/// <summary>What a card's queues have to know of the card, and of what its driver negotiated. Changed with the device's lock held.</summary>
internal sealed class CardState
{
    /// <summary>Whether the cable is in.</summary>
    public bool IsLinkUp { get; set; }

    /// <summary>Queue pairs in use, the first ones; 0 while there is no driver.</summary>
    public int ActivePairs { get; set; }

    /// <summary>What the driver may leave undone on frames it sends.</summary>
    public NetworkOffloads FromDriver { get; set; }

    /// <summary>What may be left undone on frames that it receives.</summary>
    public NetworkOffloads ToDriver { get; set; }

    /// <summary>Whether a frame may be spread over several receive buffers.</summary>
    public bool MergesBuffers { get; set; }

    /// <summary>The largest packet, without the Ethernet header, that the driver agreed to; null when nothing was said.</summary>
    public ushort? Mtu { get; set; }

    /// <summary>Which frames the guest wants.</summary>
    public ReceiveFilter Filter { get; } = new();

    /// <summary>The largest frame that goes either way without being cut up. 5.1.4.1, 5.1.4.2.</summary>
    public int LargestWhole => (Mtu ?? ushort.MaxValue) + NetworkDevice.EthernetHeader + NetworkDevice.VlanTag;

    /// <summary>Room for the frames that are to be expected, with Virtio's header.</summary>
    public int ReceiveRoom => NetworkDevice.HeaderSize + ((ToDriver & ~NetworkOffloads.Checksum) != 0
        ? NetworkDevice.LargestFrame
        : (Mtu ?? NetworkDevice.EthernetMtu) + NetworkDevice.EthernetHeader + NetworkDevice.VlanTag);
}
