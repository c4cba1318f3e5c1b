namespace Vmm.Devices.Virtio.Net;

/// <summary>What a network card is like.</summary>
/// <param name="Mac">Its address, as the guest finds it.</param>
public sealed record NetworkOptions(EthernetAddress Mac)
{
    /// <summary>The most queue pairs that a device takes.</summary>
    public const int MaxQueuePairs = 16;

    /// <summary>Descriptors in a queue, where nobody says otherwise.</summary>
    public const ushort UsualQueueSize = 256;

    /// <summary>Queue pairs that the guest may use; no more than the back end has.</summary>
    public int QueuePairs { get; init; } = 1;

    /// <summary>Largest size of each queue: a power of two.</summary>
    public ushort QueueSize { get; init; } = UsualQueueSize;

    /// <summary>The largest packet the guest should send; null leaves it to the back end, and else to the guest.</summary>
    public ushort? Mtu { get; init; }

    /// <summary>Whether the cable is in at first.</summary>
    public bool LinkUp { get; init; } = true;

    /// <summary>Whether the guest may leave checksums and the cutting up of large frames to us.</summary>
    public bool Offloads { get; init; } = true;
}
