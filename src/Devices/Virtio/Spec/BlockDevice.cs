namespace Vmm.Devices.Virtio.Spec;

/// <summary>The block device. Virtio 1.2, 5.2.</summary>
public static class BlockDevice
{
    /// <summary>seg_max: the most data segments in a request. 5.2.3.</summary>
    public const int VIRTIO_BLK_F_SEG_MAX = 2;

    /// <summary>The disk is read-only. 5.2.3.</summary>
    public const int VIRTIO_BLK_F_RO = 5;

    /// <summary>blk_size: the block size. 5.2.3.</summary>
    public const int VIRTIO_BLK_F_BLK_SIZE = 6;

    /// <summary>The flush command. 5.2.3.</summary>
    public const int VIRTIO_BLK_F_FLUSH = 9;

    /// <summary>Physical blocks and good I/O sizes. 5.2.3.</summary>
    public const int VIRTIO_BLK_F_TOPOLOGY = 10;

    /// <summary>The driver may switch between write-back and write-through. 5.2.3.</summary>
    public const int VIRTIO_BLK_F_CONFIG_WCE = 11;

    /// <summary>More than one request queue. 5.2.3.</summary>
    public const int VIRTIO_BLK_F_MQ = 12;

    /// <summary>The discard command. 5.2.3.</summary>
    public const int VIRTIO_BLK_F_DISCARD = 13;

    /// <summary>The write-zeroes command. 5.2.3.</summary>
    public const int VIRTIO_BLK_F_WRITE_ZEROES = 14;

    /// <summary>Queue 0: requests; with VIRTIO_BLK_F_MQ all that follow, too. 5.2.2.</summary>
    public const int RequestQueue = 0;

    /// <summary>Offset of le64 capacity, in sectors. 5.2.4.</summary>
    public const int ConfigCapacity = 0;

    /// <summary>Offset of le32 seg_max. 5.2.4.</summary>
    public const int ConfigSegMax = 12;

    /// <summary>Offset of le32 blk_size. 5.2.4.</summary>
    public const int ConfigBlockSize = 20;

    /// <summary>Offset of u8 physical_block_exp: the logarithm of logical blocks per physical block. 5.2.4.</summary>
    public const int ConfigPhysicalBlockExponent = 24;

    /// <summary>Offset of le16 min_io_size, in logical blocks. 5.2.4.</summary>
    public const int ConfigMinIoSize = 26;

    /// <summary>Offset of u8 writeback. 5.2.4.</summary>
    public const int ConfigWriteback = 32;

    /// <summary>Offset of le16 num_queues. 5.2.4.</summary>
    public const int ConfigQueueCount = 34;

    /// <summary>Offset of le32 max_discard_sectors, for one segment. 5.2.4.</summary>
    public const int ConfigMaxDiscardSectors = 36;

    /// <summary>Offset of le32 max_discard_seg. 5.2.4.</summary>
    public const int ConfigMaxDiscardSegments = 40;

    /// <summary>Offset of le32 discard_sector_alignment. 5.2.4.</summary>
    public const int ConfigDiscardAlignment = 44;

    /// <summary>Offset of le32 max_write_zeroes_sectors, for one segment. 5.2.4.</summary>
    public const int ConfigMaxWriteZeroesSectors = 48;

    /// <summary>Offset of le32 max_write_zeroes_seg. 5.2.4.</summary>
    public const int ConfigMaxWriteZeroesSegments = 52;

    /// <summary>Offset of u8 write_zeroes_may_unmap. 5.2.4.</summary>
    public const int ConfigWriteZeroesMayUnmap = 56;

    /// <summary>Bytes of configuration up to the last feature that is offered here. 5.2.4.</summary>
    public const int ConfigSize = 60;

    /// <summary>Bytes of le32 type, le32 reserved, le64 sector, with which a request begins. 5.2.6.</summary>
    public const int HeaderSize = 16;

    /// <summary>Offset of le64 sector in it. 5.2.6.</summary>
    public const int HeaderSector = 8;

    /// <summary>The unit of sector, whatever the block size. 5.2.4.</summary>
    public const uint SectorSize = 512;

    /// <summary>Read. 5.2.6.</summary>
    public const uint VIRTIO_BLK_T_IN = 0;

    /// <summary>Write. 5.2.6.</summary>
    public const uint VIRTIO_BLK_T_OUT = 1;

    /// <summary>Flush. 5.2.6.</summary>
    public const uint VIRTIO_BLK_T_FLUSH = 4;

    /// <summary>Read the serial number. 5.2.6.</summary>
    public const uint VIRTIO_BLK_T_GET_ID = 8;

    /// <summary>Discard ranges. 5.2.6.</summary>
    public const uint VIRTIO_BLK_T_DISCARD = 11;

    /// <summary>Zero ranges. 5.2.6.</summary>
    public const uint VIRTIO_BLK_T_WRITE_ZEROES = 13;

    /// <summary>Bytes of the serial number; shorter ones end with a NUL. 5.2.6.</summary>
    public const int IdSize = 20;

    /// <summary>Bytes of le64 sector, le32 num_sectors, le32 flags: struct virtio_blk_discard_write_zeroes. 5.2.6.</summary>
    public const int RangeSize = 16;

    /// <summary>Offset of num_sectors in it. 5.2.6.</summary>
    public const int RangeSectors = 8;

    /// <summary>Offset of flags in it. 5.2.6.</summary>
    public const int RangeFlags = 12;

    /// <summary>In flags: zeroes may be made by giving storage back. 5.2.6.</summary>
    public const uint VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP = 1;

    /// <summary>Status: done. 5.2.6.</summary>
    public const byte VIRTIO_BLK_S_OK = 0;

    /// <summary>Status: failed. 5.2.6.</summary>
    public const byte VIRTIO_BLK_S_IOERR = 1;

    /// <summary>Status: this device does not do that. 5.2.6.</summary>
    public const byte VIRTIO_BLK_S_UNSUPP = 2;
}
