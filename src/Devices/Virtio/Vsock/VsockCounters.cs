namespace Vmm.Devices.Virtio.Vsock;

/// <summary>What a socket device has done since the start. Written under the device's lock; a reader without it may see figures that do not quite belong together.</summary>
public sealed class VsockCounters
{
    /// <summary>Connections that are open, or being opened or closed.</summary>
    public int Connections { get; internal set; }

    /// <summary>Connections that the guest opened.</summary>
    public long OpenedByGuest { get; internal set; }

    /// <summary>Connections that the host opened and the guest accepted.</summary>
    public long OpenedByHost { get; internal set; }

    /// <summary>Connections that were asked for and refused, by either side or for want of room.</summary>
    public long Refused { get; internal set; }

    /// <summary>RST packets that were sent to the guest, those that end a clean close included.</summary>
    public long ResetsSent { get; internal set; }

    /// <summary>Packets that broke a rule.</summary>
    public long BadPackets { get; internal set; }

    /// <summary>Packets from the guest.</summary>
    public long PacketsFromGuest { get; internal set; }

    /// <summary>Bytes of data from the guest.</summary>
    public long BytesFromGuest { get; internal set; }

    /// <summary>Packets to the guest.</summary>
    public long PacketsToGuest { get; internal set; }

    /// <summary>Bytes of data to the guest.</summary>
    public long BytesToGuest { get; internal set; }
}
