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

    /// <summary>Queue 2: control messages to the driver. 5.3.2.</summary>
    public const int ControlReceiveQueue = 2;

    /// <summary>Queue 3: control messages of the driver. 5.3.2.</summary>
    public const int ControlTransmitQueue = 3;

    /// <summary>Queues for port 0 and for control; two more for each further port. 5.3.2.</summary>
    public const int FirstQueues = 4;

    /// <summary>le16 cols, le16 rows, le32 max_nr_ports, le32 emerg_wr. 5.3.4.</summary>
    public const int ConfigSize = 12;

    /// <summary>Offset of cols. 5.3.4.</summary>
    public const int ConfigColumns = 0;

    /// <summary>Offset of rows. 5.3.4.</summary>
    public const int ConfigRows = 2;

    /// <summary>Offset of max_nr_ports. 5.3.4.</summary>
    public const int ConfigMaxPorts = 4;

    /// <summary>The queue that the guest receives on from a port. 5.3.2.</summary>
    public static int ReceiveQueueOf(int port) => port == 0 ? ReceiveQueue : FirstQueues + 2 * (port - 1);

    /// <summary>The queue that the guest transmits on to a port. 5.3.2.</summary>
    public static int TransmitQueueOf(int port) => ReceiveQueueOf(port) + 1;
}
