using System.Buffers.Binary;
using System.Numerics;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Block;

/// <summary>The configuration space and the feature bits that follow from a back end. Virtio 1.2, 5.2.3 and 5.2.4.</summary>
internal static class BlockConfig
{
    /// <summary>Ranges in one discard or write-zeroes request.</summary>
    public const int MaxRanges = 16;

    /// <summary>Sectors in one range to discard: 2 GiB, which a file system frees in one go.</summary>
    public const uint MaxDiscardSectors = 1 << 22;

    /// <summary>Sectors in one range to zero: 64 MiB, since they may have to be written out.</summary>
    public const uint MaxWriteZeroesSectors = 1 << 17;

    /// <summary>The feature bits to offer.</summary>
    public static ulong Features(IBlockBackend backend, BlockQueues queues)
    {
        ulong features = FeatureBits.Mask(BlockDevice.VIRTIO_BLK_F_SEG_MAX)
            | FeatureBits.Mask(BlockDevice.VIRTIO_BLK_F_BLK_SIZE)
            | FeatureBits.Mask(BlockDevice.VIRTIO_BLK_F_TOPOLOGY)
            | FeatureBits.Mask(BlockDevice.VIRTIO_BLK_F_FLUSH);
        if (queues.Count > 1)
            features |= FeatureBits.Mask(BlockDevice.VIRTIO_BLK_F_MQ);
        if (backend.ReadOnly)
            return features | FeatureBits.Mask(BlockDevice.VIRTIO_BLK_F_RO);
        features |= FeatureBits.Mask(BlockDevice.VIRTIO_BLK_F_CONFIG_WCE) | FeatureBits.Mask(BlockDevice.VIRTIO_BLK_F_WRITE_ZEROES);
        return backend.CanDiscard ? features | FeatureBits.Mask(BlockDevice.VIRTIO_BLK_F_DISCARD) : features;
    }

    /// <summary>The configuration at power-on. Fields of features that are not offered are 0.</summary>
    public static byte[] Write(IBlockBackend backend, BlockQueues queues)
    {
        var config = new byte[BlockDevice.ConfigSize];
        BlockLimits limits = backend.Limits;
        BinaryPrimitives.WriteUInt64LittleEndian(config.AsSpan(BlockDevice.ConfigCapacity), backend.Capacity / BlockDevice.SectorSize);
        // A chain may be as long as the queue (2.7.5.3.1), and two of its descriptors are header and status.
        WriteUInt32(config, BlockDevice.ConfigSegMax, queues.Size - 2u);
        WriteUInt32(config, BlockDevice.ConfigBlockSize, limits.LogicalBlockSize);
        config[BlockDevice.ConfigPhysicalBlockExponent] = (byte)BitOperations.Log2(limits.PhysicalBlockSize / limits.LogicalBlockSize);
        BinaryPrimitives.WriteUInt16LittleEndian(config.AsSpan(BlockDevice.ConfigMinIoSize), (ushort)(limits.PhysicalBlockSize / limits.LogicalBlockSize));
        config[BlockDevice.ConfigWriteback] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(config.AsSpan(BlockDevice.ConfigQueueCount), (ushort)queues.Count);
        if (backend.ReadOnly)
            return config;
        if (backend.CanDiscard)
        {
            WriteUInt32(config, BlockDevice.ConfigMaxDiscardSectors, MaxDiscardSectors);
            WriteUInt32(config, BlockDevice.ConfigMaxDiscardSegments, MaxRanges);
            WriteUInt32(config, BlockDevice.ConfigDiscardAlignment, limits.DiscardGranularity / BlockDevice.SectorSize);
        }
        WriteUInt32(config, BlockDevice.ConfigMaxWriteZeroesSectors, MaxWriteZeroesSectors);
        WriteUInt32(config, BlockDevice.ConfigMaxWriteZeroesSegments, MaxRanges);
        // 5.2.6.2: 0 if zeroing can free nothing.
        config[BlockDevice.ConfigWriteZeroesMayUnmap] = (byte)(backend.CanDiscard ? 1 : 0);
        return config;
    }

    private static void WriteUInt32(byte[] config, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(config.AsSpan(offset), value);
}
