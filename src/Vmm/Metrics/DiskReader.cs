using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Block;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Metrics;

/// <summary>Reads a disk's figures.</summary>
internal static class DiskReader
{
    /// <summary>Reads them. Takes no lock: who looks on must not hold up a device.</summary>
    /// <param name="core">The disk's core.</param>
    /// <param name="disk">The disk.</param>
    /// <param name="before">What it did in earlier starts of the guest; null for nothing.</param>
    public static DiskMetrics Read(VirtioDeviceCore core, VirtioBlk disk, DiskMetrics? before)
    {
        BlockCounters counters = disk.Counters;
        return new DiskMetrics
        {
            Name = disk.Name,
            Reads = counters.Reads + (before?.Reads ?? 0),
            ReadBytes = counters.ReadBytes + (before?.ReadBytes ?? 0),
            Writes = counters.Writes + (before?.Writes ?? 0),
            WrittenBytes = counters.WrittenBytes + (before?.WrittenBytes ?? 0),
            Flushes = counters.Flushes + (before?.Flushes ?? 0),
            Discards = counters.Discards + (before?.Discards ?? 0),
            ZeroWrites = counters.ZeroWrites + (before?.ZeroWrites ?? 0),
            BackendErrors = counters.BackendErrors + (before?.BackendErrors ?? 0),
            RefusedRequests = counters.RefusedRequests + (before?.RefusedRequests ?? 0),
            UnsupportedRequests = counters.UnsupportedRequests + (before?.UnsupportedRequests ?? 0),
            InFlight = core.Queue(BlockDevice.RequestQueue).InFlight,
            QueueSize = (int)core.Queue(BlockDevice.RequestQueue).Size,
        };
    }
}
