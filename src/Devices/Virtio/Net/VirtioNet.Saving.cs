using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Net;

/// <content>Saving and restoring. Frames are not part of it: those for the guest stay with the back end, those from it in their queue.</content>
public sealed partial class VirtioNet
{
    /// <inheritdoc/>
    public JsonElement? SaveState()
    {
        byte[] mac = new byte[EthernetAddress.Size];
        _card.Filter.Own.Write(mac);
        (byte[] unicast, byte[] multicast, bool areWhole) = _card.Filter.Tables;
        var state = new NetState(
            mac,
            Status,
            (ushort)Math.Max(1, _card.ActivePairs),
            _receiveOffloads,
            _card.Filter.Modes,
            unicast,
            multicast,
            areWhole,
            _card.Filter.Vlans);
        return StateJson.Write(state, DeviceStateJson.Default.NetState);
    }

    /// <inheritdoc/>
    public Action PrepareState(int version, ulong features, JsonElement? state)
    {
        NetState saved = StateJson.Read(Name, state ?? default, DeviceStateJson.Default.NetState);
        bool Has(int bit) => (features & FeatureBits.Mask(bit)) != 0;
        Require(saved.Mac.Length == EthernetAddress.Size, $"mac has {saved.Mac.Length} bytes");
        // A copy's card may have been given another address. A driver goes on with the one that it has read; where there is none yet, nobody has.
        EthernetAddress mac = features == 0 ? Options.Mac : EthernetAddress.Read(saved.Mac);
        bool isUp = (saved.Status & NetworkDevice.VIRTIO_NET_S_LINK_UP) != 0;
        bool announces = (saved.Status & NetworkDevice.VIRTIO_NET_S_ANNOUNCE) != 0;
        Require(
            (saved.Status & ~(NetworkDevice.VIRTIO_NET_S_LINK_UP | NetworkDevice.VIRTIO_NET_S_ANNOUNCE)) == 0
                && (!announces || (isUp && Has(NetworkDevice.VIRTIO_NET_F_GUEST_ANNOUNCE))),
            $"status is 0x{saved.Status:x}");
        int mostPairs = Has(NetworkDevice.VIRTIO_NET_F_MQ) ? Options.QueuePairs : 1;
        Require(saved.Pairs >= 1 && saved.Pairs <= mostPairs, $"pairs is {saved.Pairs}, of {mostPairs}");
        Require(
            (saved.ReceiveOffloads & ~(features & NetworkFeatures.GuestOffloads)) == 0 && NetworkFeatures.AreConsistent(saved.ReceiveOffloads),
            $"receive-offloads is 0x{saved.ReceiveOffloads:x}, of 0x{features & NetworkFeatures.GuestOffloads:x}");
        ReceiveFilter.Check(Name, saved);
        return () => TakeOver(saved, mac);
    }

    private void TakeOver(NetState saved, EthernetAddress mac)
    {
        _card.IsLinkUp = (saved.Status & NetworkDevice.VIRTIO_NET_S_LINK_UP) != 0;
        SetStatus(saved.Status);
        SetAddress(mac);
        _card.Filter.Restore(saved);
        // No driver has said so yet, or it made a fault: then there are none in use.
        if (_card.ActivePairs == 0)
            return;
        _card.ActivePairs = saved.Pairs;
        _backend.SetQueuePairs(saved.Pairs);
        SetReceiveOffloads(saved.ReceiveOffloads);
    }

    private void Require(bool holds, string what) => StateJson.Require(holds, Name, what);
}
