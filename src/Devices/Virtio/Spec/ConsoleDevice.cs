namespace Vmm.Devices.Virtio.Spec;

/// <summary>The console device. Virtio 1.2, 5.3.</summary>
public static class ConsoleDevice
{
    /// <summary>cols and rows in the configuration are valid. 5.3.3.</summary>
    public const int VIRTIO_CONSOLE_F_SIZE = 0;

    /// <summary>Several ports and control queues. 5.3.3.</summary>
    public const int VIRTIO_CONSOLE_F_MULTIPORT = 1;

    /// <summary>emerg_wr in the configuration is valid. 5.3.3.</summary>
    public const int VIRTIO_CONSOLE_F_EMERG_WRITE = 2;

    /// <summary>Queue 0: what the guest receives on port 0. 5.3.2.</summary>
    public const int ReceiveQueue = 0;

    /// <summary>Queue 1: what the guest transmits on port 0. 5.3.2.</summary>
    public const int TransmitQueue = 1;

    /// <summary>le16 cols, le16 rows, le32 max_nr_ports, le32 emerg_wr. 5.3.4.</summary>
    public const int ConfigSize = 12;

    /// <summary>Offset of cols. 5.3.4.</summary>
    public const int ConfigColumns = 0;

    /// <summary>Offset of rows. 5.3.4.</summary>
    public const int ConfigRows = 2;
}
