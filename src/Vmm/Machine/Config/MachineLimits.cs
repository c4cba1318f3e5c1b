using Vmm.Guest.Memory;

namespace Vmm.Machine.Config;

/// <summary>What one machine can hold.</summary>
internal static class MachineLimits
{
    /// <summary>Virtual processors.</summary>
    public const int LargestCpuCount = 64;

    /// <summary>RAM: far above any host, far below where address arithmetic could wrap.</summary>
    public const ulong LargestRam = 4UL << 40;

    /// <summary>A huge page on x86-64.</summary>
    public const ulong HugePage = 2UL << 20;

    /// <summary>Virtio devices over MMIO: the pages between the first one and the I/O APIC's neighbourhood (<see cref="MemoryLayout"/>).</summary>
    public const int MmioDevices = 16;

    /// <summary>Virtio devices over PCI: the slots of one bus beside the host bridge.</summary>
    public const int PciDevices = 31;

    /// <summary>A disk's id: what VIRTIO_BLK_T_GET_ID can carry (Virtio 1.2, 5.2.6: 20 bytes).</summary>
    public const int LongestDiskId = 20;

    /// <summary>Queues of a disk: one for each vCPU is the most that is of use.</summary>
    public const int MostDiskQueues = LargestCpuCount;

    /// <summary>Descriptors in a disk's queue: room for a few requests, and what fits the memory of a small guest.</summary>
    public const int SmallestDiskQueue = 16, LargestDiskQueue = 1024;
}
