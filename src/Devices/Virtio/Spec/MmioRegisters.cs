namespace Vmm.Devices.Virtio.Spec;

/// <summary>The registers of the MMIO transport, as offsets. Virtio 1.2, 4.2.2, table 4.1.</summary>
public static class MmioRegisters
{
    /// <summary>R: "virt". 4.2.2.</summary>
    public const uint VIRTIO_MMIO_MAGIC_VALUE = 0x000;

    /// <summary>R: 2 for a device that is not legacy. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_VERSION = 0x004;

    /// <summary>R: device type. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_DEVICE_ID = 0x008;

    /// <summary>R: who made it. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_VENDOR_ID = 0x00c;

    /// <summary>R: 32 feature bits of the device. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_DEVICE_FEATURES = 0x010;

    /// <summary>W: which 32 of them. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_DEVICE_FEATURES_SEL = 0x014;

    /// <summary>W: 32 feature bits of the driver. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_DRIVER_FEATURES = 0x020;

    /// <summary>W: which 32 of them. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_DRIVER_FEATURES_SEL = 0x024;

    /// <summary>W: the queue that the queue registers are about. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_QUEUE_SEL = 0x030;

    /// <summary>R: the largest size the queue can have; 0 for no such queue. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_QUEUE_NUM_MAX = 0x034;

    /// <summary>W: the size that the driver chose. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_QUEUE_NUM = 0x038;

    /// <summary>RW: 1 makes the queue live, 0 stops it. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_QUEUE_READY = 0x044;

    /// <summary>W: a queue number: there are new buffers in it. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_QUEUE_NOTIFY = 0x050;

    /// <summary>R: why the device interrupts. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_INTERRUPT_STATUS = 0x060;

    /// <summary>W: the reasons that have been dealt with. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_INTERRUPT_ACK = 0x064;

    /// <summary>RW: device status. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_STATUS = 0x070;

    /// <summary>W: descriptor table, low half of the address. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_QUEUE_DESC_LOW = 0x080;

    /// <summary>W: descriptor table, high half. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_QUEUE_DESC_HIGH = 0x084;

    /// <summary>W: available ring, low half. 4.2.2 (QueueDriverLow).</summary>
    public const uint VIRTIO_MMIO_QUEUE_AVAIL_LOW = 0x090;

    /// <summary>W: available ring, high half. 4.2.2 (QueueDriverHigh).</summary>
    public const uint VIRTIO_MMIO_QUEUE_AVAIL_HIGH = 0x094;

    /// <summary>W: used ring, low half. 4.2.2 (QueueDeviceLow).</summary>
    public const uint VIRTIO_MMIO_QUEUE_USED_LOW = 0x0a0;

    /// <summary>W: used ring, high half. 4.2.2 (QueueDeviceHigh).</summary>
    public const uint VIRTIO_MMIO_QUEUE_USED_HIGH = 0x0a4;

    /// <summary>R: length of the selected shared memory region, low half; all-ones for none. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_SHM_LEN_LOW = 0x0b0;

    /// <summary>R: its length, high half. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_SHM_LEN_HIGH = 0x0b4;

    /// <summary>R: its base, low half. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_SHM_BASE_LOW = 0x0b8;

    /// <summary>R: its base, high half. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_SHM_BASE_HIGH = 0x0bc;

    /// <summary>R: changes whenever the configuration does. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_CONFIG_GENERATION = 0x0fc;

    /// <summary>RW: the device's configuration starts here. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_CONFIG = 0x100;

    /// <summary>What MagicValue reads: "virt". 4.2.2.</summary>
    public const uint Magic = 0x7472_6976;

    /// <summary>What Version reads. 4.2.2.</summary>
    public const uint Version = 2;

    /// <summary>InterruptStatus: a queue has used buffers. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_INT_VRING = 1;

    /// <summary>InterruptStatus: the configuration (or the status) has changed. 4.2.2.</summary>
    public const uint VIRTIO_MMIO_INT_CONFIG = 2;

    /// <summary>Every register below the configuration is this wide and aligned to it. 4.2.2.2.</summary>
    public const int RegisterSize = 4;
}
