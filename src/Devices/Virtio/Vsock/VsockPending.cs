namespace Vmm.Devices.Virtio.Vsock;

/// <summary>Packets that a connection has for the guest besides data. Each can be pending once: a storm of causes makes one packet.</summary>
[Flags]
internal enum VsockPending : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>REQUEST.</summary>
    Request = 1,

    /// <summary>RESPONSE.</summary>
    Response = 2,

    /// <summary>CREDIT_UPDATE.</summary>
    CreditUpdate = 4,

    /// <summary>SHUTDOWN.</summary>
    Shutdown = 8,

    /// <summary>RST; nothing else is sent any more.</summary>
    Reset = 16,
}
