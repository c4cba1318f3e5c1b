namespace Vmm.Machine.Config;

/// <summary>A named port of the guest (virtio-console, multiport) and the Unix socket that it leads to.</summary>
internal sealed record PortConfig
{
    /// <summary>The name by which the guest agent of QEMU finds its port.</summary>
    public const string GuestAgent = "org.qemu.guest_agent.0";

    /// <summary>Its name in the guest: <c>/dev/virtio-ports/NAME</c>.</summary>
    public required string Name { get; set; }

    /// <summary>The socket. Not given: one in the VM's folder, <c>port-NAME.sock</c>.</summary>
    public string? Socket { get; set; }
}
