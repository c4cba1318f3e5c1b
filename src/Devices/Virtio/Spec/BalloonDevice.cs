namespace Vmm.Devices.Virtio.Spec;

/// <summary>The traditional memory balloon device. Virtio 1.2, 5.5.</summary>
public static class BalloonDevice
{
    /// <summary>The driver tells the device before it uses pages from the balloon. 5.5.3.</summary>
    public const int VIRTIO_BALLOON_F_MUST_TELL_HOST = 0;

    /// <summary>There is a queue for memory statistics. 5.5.3.</summary>
    public const int VIRTIO_BALLOON_F_STATS_VQ = 1;

    /// <summary>The driver takes pages out of the balloon rather than kill a process for want of memory. 5.5.3.</summary>
    public const int VIRTIO_BALLOON_F_DEFLATE_ON_OOM = 2;

    /// <summary>There is a queue for hints of free pages, for migration. 5.5.3.</summary>
    public const int VIRTIO_BALLOON_F_FREE_PAGE_HINT = 3;

    /// <summary>The driver fills free pages with poison_val and expects to find that again. 5.5.3.</summary>
    public const int VIRTIO_BALLOON_F_PAGE_POISON = 4;

    /// <summary>There is a queue on which free pages are reported. 5.5.3: VIRTIO_BALLOON_F_PAGE_REPORTING.</summary>
    public const int VIRTIO_BALLOON_F_REPORTING = 5;

    /// <summary>Queue 0: pages go into the balloon. 5.5.2.</summary>
    public const int InflateQueue = 0;

    /// <summary>Queue 1: pages come out of it. 5.5.2.</summary>
    public const int DeflateQueue = 1;

    /// <summary>Queue 2: statistics, if VIRTIO_BALLOON_F_STATS_VQ is negotiated. 5.5.2.</summary>
    public const int StatisticsQueue = 2;

    /// <summary>Queue 3: hints of free pages, if VIRTIO_BALLOON_F_FREE_PAGE_HINT is negotiated. 5.5.2.</summary>
    public const int HintQueue = 3;

    /// <summary>Queue 4: reports of free pages, if VIRTIO_BALLOON_F_REPORTING is negotiated. 5.5.2.</summary>
    public const int ReportingQueue = 4;

    /// <summary>le32 num_pages, actual, free_page_hint_cmd_id, poison_val. 5.5.4.</summary>
    public const int ConfigSize = 16;

    /// <summary>Offset of num_pages, which the device writes. 5.5.4.</summary>
    public const int ConfigNumPages = 0;

    /// <summary>Offset of actual, which the driver writes. 5.5.4.</summary>
    public const int ConfigActual = 4;

    /// <summary>Offset of poison_val, which the driver writes. 5.5.4.</summary>
    public const int ConfigPoisonValue = 12;

    /// <summary>Length of each of the fields. 5.5.4.</summary>
    public const int ConfigFieldSize = 4;

    /// <summary>A page here has 4096 bytes, whatever the guest's pages have. 5.5.6.</summary>
    public const int VIRTIO_BALLOON_PFN_SHIFT = 12;

    /// <summary>The size of that page.</summary>
    public const ulong PageSize = 1UL << VIRTIO_BALLOON_PFN_SHIFT;

    /// <summary>A page number in a buffer: le32. 5.5.6.</summary>
    public const int PfnSize = 4;

    /// <summary>struct virtio_balloon_stat: le16 tag, le64 val, packed. 5.5.6.3.</summary>
    public const int StatisticSize = 10;

    /// <summary>Offset of val in it.</summary>
    public const int StatisticValue = 2;

    /// <summary>Bytes swapped in. 5.5.6.4, as the other tags.</summary>
    public const ushort VIRTIO_BALLOON_S_SWAP_IN = 0;

    /// <summary>Bytes swapped out.</summary>
    public const ushort VIRTIO_BALLOON_S_SWAP_OUT = 1;

    /// <summary>Major page faults.</summary>
    public const ushort VIRTIO_BALLOON_S_MAJFLT = 2;

    /// <summary>Minor page faults.</summary>
    public const ushort VIRTIO_BALLOON_S_MINFLT = 3;

    /// <summary>Bytes that are used for nothing.</summary>
    public const ushort VIRTIO_BALLOON_S_MEMFREE = 4;

    /// <summary>Bytes in all.</summary>
    public const ushort VIRTIO_BALLOON_S_MEMTOT = 5;

    /// <summary>Bytes that could be had without swapping.</summary>
    public const ushort VIRTIO_BALLOON_S_AVAIL = 6;

    /// <summary>Bytes of file caches that can be dropped.</summary>
    public const ushort VIRTIO_BALLOON_S_CACHES = 7;

    /// <summary>Huge pages that were allocated.</summary>
    public const ushort VIRTIO_BALLOON_S_HTLB_PGALLOC = 8;

    /// <summary>Huge pages that could not be.</summary>
    public const ushort VIRTIO_BALLOON_S_HTLB_PGFAIL = 9;

    /// <summary>Tags there are.</summary>
    public const int VIRTIO_BALLOON_S_NR = 10;
}
