using System.Buffers.Binary;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Balloon;

/// <summary>What the guest's kernel says of its memory; null for what it does not say. Virtio 1.2, 5.5.6.4. Nothing here is to be trusted.</summary>
public readonly record struct GuestMemoryStatistics
{
    /// <summary>Bytes swapped in since the guest started.</summary>
    public ulong? SwapInBytes { get; init; }

    /// <summary>Bytes swapped out since the guest started.</summary>
    public ulong? SwapOutBytes { get; init; }

    /// <summary>Page faults that needed a disk.</summary>
    public ulong? MajorFaults { get; init; }

    /// <summary>Page faults that did not.</summary>
    public ulong? MinorFaults { get; init; }

    /// <summary>Memory that is used for nothing.</summary>
    public ulong? FreeBytes { get; init; }

    /// <summary>Memory in all, as the guest's kernel counts it.</summary>
    public ulong? TotalBytes { get; init; }

    /// <summary>Memory that could be had without swapping.</summary>
    public ulong? AvailableBytes { get; init; }

    /// <summary>File caches that can be dropped.</summary>
    public ulong? CacheBytes { get; init; }

    /// <summary>Huge pages that were allocated.</summary>
    public ulong? HugePagesAllocated { get; init; }

    /// <summary>Huge pages that could not be.</summary>
    public ulong? HugePagesFailed { get; init; }

    /// <summary>Reads whole entries; tags that are not known are skipped, of a tag that comes twice the last counts.</summary>
    internal static GuestMemoryStatistics Read(ReadOnlySpan<byte> entries)
    {
        GuestMemoryStatistics read = default;
        for (; entries.Length >= BalloonDevice.StatisticSize; entries = entries[BalloonDevice.StatisticSize..])
        {
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(entries[BalloonDevice.StatisticValue..]);
            read = BinaryPrimitives.ReadUInt16LittleEndian(entries) switch
            {
                BalloonDevice.VIRTIO_BALLOON_S_SWAP_IN => read with { SwapInBytes = value },
                BalloonDevice.VIRTIO_BALLOON_S_SWAP_OUT => read with { SwapOutBytes = value },
                BalloonDevice.VIRTIO_BALLOON_S_MAJFLT => read with { MajorFaults = value },
                BalloonDevice.VIRTIO_BALLOON_S_MINFLT => read with { MinorFaults = value },
                BalloonDevice.VIRTIO_BALLOON_S_MEMFREE => read with { FreeBytes = value },
                BalloonDevice.VIRTIO_BALLOON_S_MEMTOT => read with { TotalBytes = value },
                BalloonDevice.VIRTIO_BALLOON_S_AVAIL => read with { AvailableBytes = value },
                BalloonDevice.VIRTIO_BALLOON_S_CACHES => read with { CacheBytes = value },
                BalloonDevice.VIRTIO_BALLOON_S_HTLB_PGALLOC => read with { HugePagesAllocated = value },
                BalloonDevice.VIRTIO_BALLOON_S_HTLB_PGFAIL => read with { HugePagesFailed = value },
                _ => read,
            };
        }
        return read;
    }
}
