namespace Vmm.Devices.Virtio.Spec;

/// <summary>Device types. Virtio 1.2, chapter 5.</summary>
public static class DeviceIds
{
    /// <summary>Network card. 5.1.</summary>
    public const ushort VIRTIO_ID_NET = 1;

    /// <summary>Block device. 5.2.</summary>
    public const ushort VIRTIO_ID_BLOCK = 2;

    /// <summary>Console. 5.3.</summary>
    public const ushort VIRTIO_ID_CONSOLE = 3;

    /// <summary>Entropy source. 5.4.</summary>
    public const ushort VIRTIO_ID_RNG = 4;

    /// <summary>Traditional memory balloon. 5.5.</summary>
    public const ushort VIRTIO_ID_BALLOON = 5;

    /// <summary>Socket device. 5.10.</summary>
    public const ushort VIRTIO_ID_VSOCK = 19;
}
