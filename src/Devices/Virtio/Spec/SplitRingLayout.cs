namespace Vmm.Devices.Virtio.Spec;

/// <summary>The split virtqueue in memory. Virtio 1.2, 2.7.</summary>
/// <remarks>
/// <code>
/// descriptor   le64 addr, le32 len, le16 flags, le16 next                           (2.7.5)
/// avail        le16 flags, le16 idx, le16 ring[size], le16 used_event                (2.7.6)
/// used         le16 flags, le16 idx, { le32 id, le32 len } ring[size], le16 avail_event   (2.7.8)
/// </code>
/// </remarks>
public static class SplitRingLayout
{
    /// <summary>The chain goes on at <c>next</c>. 2.7.5.</summary>
    public const ushort VIRTQ_DESC_F_NEXT = 1;

    /// <summary>The buffer is for the device to write; without it, to read. 2.7.5.</summary>
    public const ushort VIRTQ_DESC_F_WRITE = 2;

    /// <summary>The buffer holds a table of descriptors. 2.7.5.3.</summary>
    public const ushort VIRTQ_DESC_F_INDIRECT = 4;

    /// <summary>In avail.flags: the driver wants no interrupt. 2.7.6.</summary>
    public const ushort VIRTQ_AVAIL_F_NO_INTERRUPT = 1;

    /// <summary>In used.flags: the device wants no notification. 2.7.8.</summary>
    public const ushort VIRTQ_USED_F_NO_NOTIFY = 1;

    /// <summary>The largest queue there can be. 2.7.</summary>
    public const uint MaxQueueSize = 32768;

    /// <summary>Bytes of one descriptor. 2.7.5.</summary>
    public const uint DescriptorSize = 16;

    /// <summary>Alignment of the descriptor table. 2.7.</summary>
    public const ulong DescriptorAlignment = 16;

    /// <summary>Alignment of the available ring. 2.7.</summary>
    public const ulong AvailAlignment = 2;

    /// <summary>Alignment of the used ring. 2.7.</summary>
    public const ulong UsedAlignment = 4;

    /// <summary>Where flags stand in either ring. 2.7.6, 2.7.8.</summary>
    public const int RingFlags = 0;

    /// <summary>Where idx stands in either ring. 2.7.6, 2.7.8.</summary>
    public const int RingIndex = 2;

    /// <summary>Where the elements of either ring start. 2.7.6, 2.7.8.</summary>
    public const int RingElements = 4;

    /// <summary>Bytes of one element of the available ring. 2.7.6.</summary>
    public const uint AvailElementSize = 2;

    /// <summary>Bytes of one element of the used ring. 2.7.8.</summary>
    public const uint UsedElementSize = 8;

    /// <summary>Bytes of flags, idx and the event field together, in either ring. 2.7.</summary>
    public const uint RingOverhead = 6;

    /// <summary>A chain describes at most this many bytes. 2.7.5.2.</summary>
    public const ulong MaxChainBytes = 1UL << 32;
}
