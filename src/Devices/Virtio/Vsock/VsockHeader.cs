using System.Buffers.Binary;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Vsock;

/// <summary>What every packet begins with, copied out of the guest or about to be written to it. Virtio 1.2, 5.10.6 (struct virtio_vsock_hdr).</summary>
internal struct VsockHeader
{
    public ulong SourceCid;
    public ulong DestinationCid;
    public uint SourcePort;
    public uint DestinationPort;
    public uint Length;
    public ushort Type;
    public ushort Operation;
    public uint Flags;
    public uint BufferAllocation;
    public uint ForwardCount;

    /// <summary>Takes a header apart.</summary>
    public static VsockHeader Read(ReadOnlySpan<byte> bytes) => new()
    {
        SourceCid = BinaryPrimitives.ReadUInt64LittleEndian(bytes[SocketDevice.HeaderSourceCid..]),
        DestinationCid = BinaryPrimitives.ReadUInt64LittleEndian(bytes[SocketDevice.HeaderDestinationCid..]),
        SourcePort = BinaryPrimitives.ReadUInt32LittleEndian(bytes[SocketDevice.HeaderSourcePort..]),
        DestinationPort = BinaryPrimitives.ReadUInt32LittleEndian(bytes[SocketDevice.HeaderDestinationPort..]),
        Length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[SocketDevice.HeaderLength..]),
        Type = BinaryPrimitives.ReadUInt16LittleEndian(bytes[SocketDevice.HeaderType..]),
        Operation = BinaryPrimitives.ReadUInt16LittleEndian(bytes[SocketDevice.HeaderOperation..]),
        Flags = BinaryPrimitives.ReadUInt32LittleEndian(bytes[SocketDevice.HeaderFlags..]),
        BufferAllocation = BinaryPrimitives.ReadUInt32LittleEndian(bytes[SocketDevice.HeaderBufferAllocation..]),
        ForwardCount = BinaryPrimitives.ReadUInt32LittleEndian(bytes[SocketDevice.HeaderForwardCount..]),
    };

    /// <summary>Puts it together.</summary>
    public readonly void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[SocketDevice.HeaderSourceCid..], SourceCid);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[SocketDevice.HeaderDestinationCid..], DestinationCid);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[SocketDevice.HeaderSourcePort..], SourcePort);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[SocketDevice.HeaderDestinationPort..], DestinationPort);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[SocketDevice.HeaderLength..], Length);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[SocketDevice.HeaderType..], Type);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[SocketDevice.HeaderOperation..], Operation);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[SocketDevice.HeaderFlags..], Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[SocketDevice.HeaderBufferAllocation..], BufferAllocation);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[SocketDevice.HeaderForwardCount..], ForwardCount);
    }
}
