using System.Buffers.Binary;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Net;

/// <content>What changes while a card runs: the cable, from outside; the rest, by the driver's commands.</content>
public sealed partial class VirtioNet
{
    /// <summary>Whether the cable is in. Any thread.</summary>
    public bool IsLinkUp => _card.IsLinkUp;

    private ushort Status => BinaryPrimitives.ReadUInt16LittleEndian(_config.AsSpan(NetworkDevice.ConfigStatus));

    /// <summary>
    /// Puts the cable in or pulls it; the guest is told, and asked to announce itself once it is in again. Without it
    /// frames from the guest are dropped, and those for it stay with the back end. Any thread.
    /// </summary>
    public void SetLink(bool up)
    {
        using VirtioDeviceCore.Scope scope = _core.Enter();
        if (_card.IsLinkUp == up)
            return;
        _card.IsLinkUp = up;
        ushort announce = up && CanAnnounce ? NetworkDevice.VIRTIO_NET_S_ANNOUNCE : (ushort)0;
        SetStatus((ushort)(announce | (up ? NetworkDevice.VIRTIO_NET_S_LINK_UP : 0)));
        _core.ConfigChanged();
        if (_core.IsActive)
            PostPairs(_card.ActivePairs);
    }

    /// <summary>The card's address: its own, or that which the driver has set, or has known since before it was copied.</summary>
    public EthernetAddress Address => _card.Filter.Own;

    /// <summary>
    /// Tells the neighbours where the card is after a move: switches by frames of the device's own, and others by asking the guest to
    /// announce its addresses, if it can. Nothing happens without a driver or a link. Any thread.
    /// </summary>
    public void Announce()
    {
        using VirtioDeviceCore.Scope scope = _core.Enter();
        if (!_core.IsActive || !_card.IsLinkUp)
            return;
        // A driver that was not told the address has one of its own.
        if (_core.Has(NetworkDevice.VIRTIO_NET_F_MAC))
            _announcer.Begin();
        if (!CanAnnounce)
            return;
        SetStatus((ushort)(Status | NetworkDevice.VIRTIO_NET_S_ANNOUNCE));
        _core.ConfigChanged();
    }

    /// <summary>The driver has seen that it should announce itself.</summary>
    internal bool AnnouncementSeen()
    {
        SetStatus((ushort)(Status & ~NetworkDevice.VIRTIO_NET_S_ANNOUNCE));
        _core.ConfigChangedByDriver();
        return true;
    }

    /// <summary>The driver sets the card's address, or a reset does.</summary>
    internal void SetAddress(EthernetAddress address)
    {
        address.Write(_config.AsSpan(NetworkDevice.ConfigMac));
        _card.Filter.Own = address;
    }

    /// <summary>The driver says how many pairs it uses.</summary>
    internal bool SetPairs(int pairs)
    {
        if (pairs < 1 || pairs > Options.QueuePairs)
            return false;
        _card.ActivePairs = pairs;
        TakePairsBack(pairs);
        _backend.SetQueuePairs(pairs);
        // Those no longer in use give their buffers up, as each looks at what is in use now.
        PostPairs(Options.QueuePairs);
        return true;
    }

    /// <summary>What the driver takes from now on.</summary>
    /// <param name="features">As feature bits.</param>
    internal void SetReceiveOffloads(ulong features)
    {
        _receiveOffloads = features & NetworkFeatures.GuestOffloads;
        _card.ToDriver = NetworkFeatures.ToDriver(features);
        _backend.SetReceiveOffloads(_card.ToDriver);
    }

    private bool CanAnnounce => _core.IsActive && _core.Has(NetworkDevice.VIRTIO_NET_F_GUEST_ANNOUNCE);

    private void SetStatus(ushort status) => BinaryPrimitives.WriteUInt16LittleEndian(_config.AsSpan(NetworkDevice.ConfigStatus), status);
}
