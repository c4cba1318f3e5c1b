using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Block;
using Vmm.Devices.Virtio.Queue;

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
        DiskQueueMetrics[] queues = [.. Enumerable.Range(0, core.QueueCount).Select(number => Queue(core, disk, number, before))];
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
            Throttled = disk.Throttled + (before?.Throttled ?? 0),
            InFlight = queues.Sum(queue => queue.InFlight),
            QueueSize = queues.Sum(queue => queue.Size),
            Queues = queues,
        };
    }

    private static DiskQueueMetrics Queue(VirtioDeviceCore core, VirtioBlk disk, int number, DiskMetrics? before)
    {
        BlockCounters counters = disk.QueueCounters[number];
        DiskQueueMetrics? earlier = number < before?.Queues.Count ? before.Queues[number] : null;
        Virtqueue queue = core.Queue(number);
        return new DiskQueueMetrics
        {
            Queue = number,
            Requests = counters.Reads + counters.Writes + counters.Flushes + counters.Discards + counters.ZeroWrites + (earlier?.Requests ?? 0),
            Bytes = counters.ReadBytes + counters.WrittenBytes + (earlier?.Bytes ?? 0),
            Errors = counters.BackendErrors + counters.RefusedRequests + counters.UnsupportedRequests + (earlier?.Errors ?? 0),
            InFlight = queue.InFlight,
            Size = (int)queue.Size,
        };
    }
}
