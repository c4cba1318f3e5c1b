using Vmm.Devices.Virtio.Spec;

namespace Vmm.Tests.Devices.Virtio.Vsock;

/// <summary>A packet as the driver sees or makes it; what is not said is right.</summary>
internal sealed record Packet(ushort Operation, uint HostPort, uint GuestPort)
{
    public ulong SourceCid { get; init; } = VsockDriver.Cid;
    public ulong DestinationCid { get; init; } = SocketDevice.HostCid;
    public ushort Type { get; init; } = SocketDevice.VIRTIO_VSOCK_TYPE_STREAM;
    public uint Flags { get; init; }
    public uint BufferAllocation { get; init; } = 256 << 10;
    public uint ForwardCount { get; init; }
    public byte[] Data { get; init; } = [];

    /// <summary>What the header says of the data's length; null for the truth.</summary>
    public uint? Length { get; init; }

    public static Packet Request(uint hostPort, uint guestPort) => new(SocketDevice.VIRTIO_VSOCK_OP_REQUEST, hostPort, guestPort);

    public static Packet Reset(uint hostPort, uint guestPort) => new(SocketDevice.VIRTIO_VSOCK_OP_RST, hostPort, guestPort);

    public static Packet Rw(uint hostPort, uint guestPort, byte[] data) => new(SocketDevice.VIRTIO_VSOCK_OP_RW, hostPort, guestPort) { Data = data };

    public static Packet Shutdown(uint hostPort, uint guestPort, uint flags) => new(SocketDevice.VIRTIO_VSOCK_OP_SHUTDOWN, hostPort, guestPort) { Flags = flags };
}
