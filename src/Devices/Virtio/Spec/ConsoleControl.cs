namespace Vmm.Devices.Virtio.Spec;

/// <summary>Control messages of a console with several ports. Virtio 1.2, 5.3.6.2.</summary>
public static class ConsoleControl
{
    /// <summary>le32 id, le16 event, le16 value. 5.3.6.2.</summary>
    public const int HeaderSize = 8;

    /// <summary>Offset of the port's number.</summary>
    public const int Id = 0;

    /// <summary>Offset of the event.</summary>
    public const int Event = 4;

    /// <summary>Offset of the event's value.</summary>
    public const int Value = 6;

    /// <summary>The driver is ready for messages (value 1) or could not set itself up (0). 5.3.6.2.</summary>
    public const ushort VIRTIO_CONSOLE_DEVICE_READY = 0;

    /// <summary>The device has a port. 5.3.6.2.</summary>
    public const ushort VIRTIO_CONSOLE_PORT_ADD = 1;

    /// <summary>The device has a port no more. 5.3.6.2.</summary>
    public const ushort VIRTIO_CONSOLE_PORT_REMOVE = 2;

    /// <summary>The driver has added a port (value 1) or could not (0). 5.3.6.2.</summary>
    public const ushort VIRTIO_CONSOLE_PORT_READY = 3;

    /// <summary>The port is a console. 5.3.6.2.</summary>
    public const ushort VIRTIO_CONSOLE_CONSOLE_PORT = 4;

    /// <summary>A console port has a new size. 5.3.6.2.</summary>
    public const ushort VIRTIO_CONSOLE_RESIZE = 5;

    /// <summary>The sender's side of a port is open (value 1) or closed (0). 5.3.6.2.</summary>
    public const ushort VIRTIO_CONSOLE_PORT_OPEN = 6;

    /// <summary>The port's name follows, without an end mark. 5.3.6.2.</summary>
    public const ushort VIRTIO_CONSOLE_PORT_NAME = 7;
}
