namespace Vmm.Devices.Virtio.Vsock;

/// <summary>An RST to a packet that belongs to no connection: to and from where, and of which type.</summary>
/// <param name="SourceCid">Whom the guest wrote to; usually the host.</param>
/// <param name="SourcePort">To which port of it.</param>
/// <param name="DestinationPort">From which port of the guest.</param>
/// <param name="Type">The packet's type.</param>
internal readonly record struct VsockReply(ulong SourceCid, uint SourcePort, uint DestinationPort, ushort Type);
