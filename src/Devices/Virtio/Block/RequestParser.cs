using System.Buffers.Binary;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Block;

/// <summary>
/// Turns a chain into a request for the back end, or into the status with which it is refused. Virtio 1.2, 5.2.6: the
/// header, data and status may be cut into descriptors anywhere; the status is the last byte to write.
/// </summary>
internal readonly struct RequestParser(IBlockBackend backend, ulong features, bool writeThrough)
{
    /// <summary>Fills <paramref name="request"/> from a chain that has room for a status byte.</summary>
    /// <returns>Null when the request is ready to be submitted; else the status to refuse it with.</returns>
    public byte? Parse(DescriptorChain chain, uint type, ulong sector, VirtioBlkRequest request) => type switch
    {
        BlockDevice.VIRTIO_BLK_T_IN => Data(chain, sector, request, BlockOperation.Read),
        BlockDevice.VIRTIO_BLK_T_OUT => Data(chain, sector, request, BlockOperation.Write),
        BlockDevice.VIRTIO_BLK_T_FLUSH => Flush(request),
        BlockDevice.VIRTIO_BLK_T_DISCARD when Has(BlockDevice.VIRTIO_BLK_F_DISCARD) =>
            Ranges(chain, request, BlockOperation.Discard, BlockConfig.MaxDiscardSectors, knownFlags: 0),
        BlockDevice.VIRTIO_BLK_T_WRITE_ZEROES when Has(BlockDevice.VIRTIO_BLK_F_WRITE_ZEROES) =>
            Ranges(chain, request, BlockOperation.WriteZeroes, BlockConfig.MaxWriteZeroesSectors, BlockDevice.VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP),
        _ => BlockDevice.VIRTIO_BLK_S_UNSUPP,
    };

    private bool Has(int feature) => (features & FeatureBits.Mask(feature)) != 0;

    private static byte? Flush(VirtioBlkRequest request)
    {
        request.Begin(BlockOperation.Flush, 0);
        request.Length = 0;
        return null;
    }

    private byte? Data(DescriptorChain chain, ulong sector, VirtioBlkRequest request, BlockOperation operation)
    {
        bool read = operation == BlockOperation.Read;
        ulong skip = read ? 0 : (ulong)BlockDevice.HeaderSize;
        ulong length = read ? chain.WritableLength - 1 : chain.ReadableLength - skip;
        // 5.2.6.1: whole sectors. A request for nothing means nothing.
        if (length == 0 || length % BlockDevice.SectorSize != 0)
            return BlockDevice.VIRTIO_BLK_S_IOERR;
        // 5.2.6.2: a write to a read-only disk fails and writes nothing.
        if ((!read && backend.ReadOnly) || !IsInside(sector, length / BlockDevice.SectorSize))
            return BlockDevice.VIRTIO_BLK_S_IOERR;

        request.Begin(operation, sector * BlockDevice.SectorSize);
        request.Durable = !read && writeThrough;
        request.Length = length;
        foreach (ref readonly BufferSegment segment in read ? chain.Writable : chain.Readable)
        {
            ulong skipped = Math.Min(skip, segment.Length);
            ulong part = Math.Min(segment.Length - skipped, length);
            skip -= skipped;
            length -= part;
            request.AddSegment(segment.Host + (nint)skipped, (nuint)part);
        }
        return null;
    }

    private byte? Ranges(DescriptorChain chain, VirtioBlkRequest request, BlockOperation operation, uint maxSectors, uint knownFlags)
    {
        ulong length = chain.ReadableLength - BlockDevice.HeaderSize;
        ulong count = length / BlockDevice.RangeSize;
        if (count == 0 || length % BlockDevice.RangeSize != 0 || count > BlockConfig.MaxRanges)
            return BlockDevice.VIRTIO_BLK_S_IOERR;

        // Copied once; what is checked is what is used.
        Span<byte> copy = stackalloc byte[BlockConfig.MaxRanges * BlockDevice.RangeSize];
        copy = copy[..(int)length];
        if (chain.Read(BlockDevice.HeaderSize, copy) != copy.Length)
            return BlockDevice.VIRTIO_BLK_S_IOERR;
        request.Begin(operation, 0);
        request.Durable = writeThrough;
        request.Length = 0;
        for (; !copy.IsEmpty; copy = copy[BlockDevice.RangeSize..])
        {
            ulong sector = BinaryPrimitives.ReadUInt64LittleEndian(copy);
            uint sectors = BinaryPrimitives.ReadUInt32LittleEndian(copy[BlockDevice.RangeSectors..]);
            uint flags = BinaryPrimitives.ReadUInt32LittleEndian(copy[BlockDevice.RangeFlags..]);
            // 5.2.6.2: flags that are not known, and unmap for a discard, are UNSUPP; too much is IOERR.
            if ((flags & ~knownFlags) != 0)
                return BlockDevice.VIRTIO_BLK_S_UNSUPP;
            if (sectors > maxSectors || !IsInside(sector, sectors))
                return BlockDevice.VIRTIO_BLK_S_IOERR;
            if (sectors > 0)
                request.AddRange(new BlockRange(sector * BlockDevice.SectorSize, (ulong)sectors * BlockDevice.SectorSize, flags != 0));
        }
        return null;
    }

    private bool IsInside(ulong sector, ulong sectors)
    {
        ulong capacity = backend.Capacity / BlockDevice.SectorSize;
        return sectors <= capacity && sector <= capacity - sectors;
    }
}
