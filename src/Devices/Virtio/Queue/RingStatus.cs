namespace Vmm.Devices.Virtio.Queue;

/// <summary>Whether a queue can go live with what the driver configured.</summary>
public enum RingStatus
{
    /// <summary>It can.</summary>
    Ok,

    /// <summary>The size is 0, not a power of two or more than the device offers.</summary>
    BadSize,

    /// <summary>A ring's address is not aligned as Virtio 1.2, 2.7 asks.</summary>
    Misaligned,

    /// <summary>A ring is not wholly inside one region of RAM.</summary>
    NotRam,
}
