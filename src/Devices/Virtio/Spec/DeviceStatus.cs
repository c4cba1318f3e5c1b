namespace Vmm.Devices.Virtio.Spec;

/// <summary>The device status field. Virtio 1.2, 2.1. The driver only ever adds bits, and writes 0 to reset.</summary>
public static class DeviceStatus
{
    /// <summary>The guest has noticed the device. 2.1.</summary>
    public const byte VIRTIO_CONFIG_S_ACKNOWLEDGE = 1;

    /// <summary>The guest knows how to drive it. 2.1.</summary>
    public const byte VIRTIO_CONFIG_S_DRIVER = 2;

    /// <summary>The driver is set up; queues are live. 2.1.</summary>
    public const byte VIRTIO_CONFIG_S_DRIVER_OK = 4;

    /// <summary>Feature negotiation is over. 2.1, 2.2.</summary>
    public const byte VIRTIO_CONFIG_S_FEATURES_OK = 8;

    /// <summary>The device met an error it cannot recover from without a reset. 2.1.2.</summary>
    public const byte VIRTIO_CONFIG_S_NEEDS_RESET = 0x40;

    /// <summary>The guest has given up on the device. 2.1.</summary>
    public const byte VIRTIO_CONFIG_S_FAILED = 0x80;
}
