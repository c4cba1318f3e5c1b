namespace Vmm.Devices.Virtio.Queue;

/// <summary>The registers that describe a queue; the same for both transports.</summary>
public enum QueueRegister
{
    /// <summary>Number of descriptors.</summary>
    Size,

    /// <summary>Descriptor table, low half of the address.</summary>
    DescriptorsLow,

    /// <summary>Descriptor table, high half.</summary>
    DescriptorsHigh,

    /// <summary>Available ring (driver area), low half.</summary>
    AvailLow,

    /// <summary>Available ring, high half.</summary>
    AvailHigh,

    /// <summary>Used ring (device area), low half.</summary>
    UsedLow,

    /// <summary>Used ring, high half.</summary>
    UsedHigh,
}
