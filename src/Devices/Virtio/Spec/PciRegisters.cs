namespace Vmm.Devices.Virtio.Spec;

/// <summary>Virtio over PCI: identification, capabilities and the common configuration structure. Virtio 1.2, 4.1.</summary>
public static class PciRegisters
{
    /// <summary>PCI vendor of every virtio device. 4.1.2.</summary>
    public const ushort VendorId = 0x1AF4;

    /// <summary>PCI device id of type 0; add the device type. 4.1.2.</summary>
    public const ushort DeviceIdBase = 0x1040;

    /// <summary>PCI revision id of a device that is not transitional: 1 or higher. 4.1.2.1.</summary>
    public const byte RevisionId = 1;

    /// <summary>cfg_type: common configuration. 4.1.4.</summary>
    public const byte VIRTIO_PCI_CAP_COMMON_CFG = 1;

    /// <summary>cfg_type: notifications. 4.1.4.</summary>
    public const byte VIRTIO_PCI_CAP_NOTIFY_CFG = 2;

    /// <summary>cfg_type: ISR status. 4.1.4.</summary>
    public const byte VIRTIO_PCI_CAP_ISR_CFG = 3;

    /// <summary>cfg_type: the device's own configuration. 4.1.4.</summary>
    public const byte VIRTIO_PCI_CAP_DEVICE_CFG = 4;

    /// <summary>cfg_type: a window on the BARs in configuration space. 4.1.4.</summary>
    public const byte VIRTIO_PCI_CAP_PCI_CFG = 5;

    /// <summary>Bytes of struct virtio_pci_cap. 4.1.4.</summary>
    public const int CapSize = 16;

    /// <summary>Bytes of struct virtio_pci_notify_cap and struct virtio_pci_cfg_cap. 4.1.4.4, 4.1.4.9.</summary>
    public const int LongCapSize = 20;

    /// <summary>Offset of cap_len in struct virtio_pci_cap. 4.1.4.</summary>
    public const int VIRTIO_PCI_CAP_LEN = 2;

    /// <summary>Offset of cfg_type. 4.1.4.</summary>
    public const int VIRTIO_PCI_CAP_CFG_TYPE = 3;

    /// <summary>Offset of bar. 4.1.4.</summary>
    public const int VIRTIO_PCI_CAP_BAR = 4;

    /// <summary>Offset of offset. 4.1.4.</summary>
    public const int VIRTIO_PCI_CAP_OFFSET = 8;

    /// <summary>Offset of length. 4.1.4.</summary>
    public const int VIRTIO_PCI_CAP_LENGTH = 12;

    /// <summary>Offset of notify_off_multiplier, and of pci_cfg_data. 4.1.4.4, 4.1.4.9.</summary>
    public const int VIRTIO_PCI_NOTIFY_CAP_MULT = 16;

    /// <summary>"No vector". 4.1.5.1.2.</summary>
    public const ushort VIRTIO_MSI_NO_VECTOR = 0xffff;

    /// <summary>RW le32: which 32 device features. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_DFSELECT = 0;

    /// <summary>R le32: device features. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_DF = 4;

    /// <summary>RW le32: which 32 driver features. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_GFSELECT = 8;

    /// <summary>RW le32: driver features. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_GF = 12;

    /// <summary>RW le16: MSI-X vector for configuration changes. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_MSIX = 16;

    /// <summary>R le16: number of queues. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_NUMQ = 18;

    /// <summary>RW u8: device status. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_STATUS = 20;

    /// <summary>R u8: configuration generation. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_CFGGENERATION = 21;

    /// <summary>RW le16: the queue that the fields below are about. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_Q_SELECT = 22;

    /// <summary>RW le16: queue size; 0 for no such queue. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_Q_SIZE = 24;

    /// <summary>RW le16: MSI-X vector of the queue. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_Q_MSIX = 26;

    /// <summary>RW le16: 1 makes the queue live. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_Q_ENABLE = 28;

    /// <summary>R le16: where to notify, in units of the multiplier. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_Q_NOFF = 30;

    /// <summary>RW le64 as two le32: descriptor table. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_Q_DESCLO = 32;

    /// <summary>High half of the descriptor table's address. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_Q_DESCHI = 36;

    /// <summary>RW le64 as two le32: available ring. 4.1.4.3 (queue_driver).</summary>
    public const int VIRTIO_PCI_COMMON_Q_AVAILLO = 40;

    /// <summary>High half of the available ring's address. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_Q_AVAILHI = 44;

    /// <summary>RW le64 as two le32: used ring. 4.1.4.3 (queue_device).</summary>
    public const int VIRTIO_PCI_COMMON_Q_USEDLO = 48;

    /// <summary>High half of the used ring's address. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_Q_USEDHI = 52;

    /// <summary>R le16: data for notifications; 0 here. 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_Q_NDATA = 56;

    /// <summary>RW le16: resets one queue; 0 here (VIRTIO_F_RING_RESET is not offered). 4.1.4.3.</summary>
    public const int VIRTIO_PCI_COMMON_Q_RESET = 58;

    /// <summary>Bytes of struct virtio_pci_common_cfg in Virtio 1.2. 4.1.4.3.</summary>
    public const int CommonConfigSize = 60;

    /// <summary>ISR status: a queue has used buffers. 4.1.4.5.</summary>
    public const byte VIRTIO_PCI_ISR_QUEUE = 1;

    /// <summary>ISR status: the configuration (or the status) has changed. 4.1.4.5.</summary>
    public const byte VIRTIO_PCI_ISR_CONFIG = 2;
}
