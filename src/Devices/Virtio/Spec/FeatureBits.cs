namespace Vmm.Devices.Virtio.Spec;

/// <summary>Feature bits that belong to no device type, as bit numbers. Virtio 1.2, chapter 6.</summary>
public static class FeatureBits
{
    /// <summary>Descriptors may refer to a table of further descriptors. 2.7.5.3.</summary>
    public const int VIRTIO_RING_F_INDIRECT_DESC = 28;

    /// <summary>used_event and avail_event say when to notify. 2.7.7, 2.7.10.</summary>
    public const int VIRTIO_RING_F_EVENT_IDX = 29;

    /// <summary>Not a legacy device. 6.1: every driver here has to accept it.</summary>
    public const int VIRTIO_F_VERSION_1 = 32;

    /// <summary>The device's view of memory may be limited or translated (an IOMMU). 6.</summary>
    public const int VIRTIO_F_ACCESS_PLATFORM = 33;

    /// <summary>Packed virtqueues. 2.8.</summary>
    public const int VIRTIO_F_RING_PACKED = 34;

    /// <summary>Buffers are used in the order in which they were made available. 2.7.9.</summary>
    public const int VIRTIO_F_IN_ORDER = 35;

    /// <summary>Memory accesses are ordered as the platform orders them. 6.</summary>
    public const int VIRTIO_F_ORDER_PLATFORM = 36;

    /// <summary>The driver passes extra data with its notifications. 6.</summary>
    public const int VIRTIO_F_NOTIFICATION_DATA = 38;

    /// <summary>One queue can be reset alone. 2.6.1.</summary>
    public const int VIRTIO_F_RING_RESET = 40;

    /// <summary>The mask of one bit number.</summary>
    public static ulong Mask(int bit) => 1UL << bit;
}
