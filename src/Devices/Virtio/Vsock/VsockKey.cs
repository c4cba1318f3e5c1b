namespace Vmm.Devices.Virtio.Vsock;

/// <summary>What tells one connection from another: there is one guest and one host.</summary>
/// <param name="HostPort">The port at the host's end.</param>
/// <param name="GuestPort">The port at the guest's end.</param>
internal readonly record struct VsockKey(uint HostPort, uint GuestPort)
{
    /// <summary>Seeded: a guest chooses both ports, and must not be able to make them collide.</summary>
    public override int GetHashCode() => HashCode.Combine(HostPort, GuestPort);
}
