using System.Globalization;

namespace Vmm.Metrics;

/// <summary>The queues of disks in Prometheus' text format. Summed over a disk they are not quite its own figures, which count by kind.</summary>
internal static class DiskQueuesText
{
    /// <summary>Writes their families.</summary>
    public static void Write(PrometheusWriter writer, IReadOnlyList<DiskMetrics> disks)
    {
        writer.Counter("vmm_disk_queue_requests_total", "Requests of a queue that succeeded.");
        Samples(queue => queue.Requests);
        writer.Counter("vmm_disk_queue_bytes_total", "Bytes that a queue's requests read or wrote.");
        Samples(queue => queue.Bytes);
        writer.Counter("vmm_disk_queue_errors_total", "Requests of a queue that failed, whoever's fault it was.");
        Samples(queue => queue.Errors);
        writer.Gauge("vmm_disk_queue_requests_in_flight", "Requests of a queue that the disk works on.");
        Samples(queue => queue.InFlight);

        void Samples(Func<DiskQueueMetrics, long> value)
        {
            foreach (DiskMetrics disk in disks)
            {
                foreach (DiskQueueMetrics queue in disk.Queues)
                    writer.Value(value(queue), ("device", disk.Name), ("queue", queue.Queue.ToString(CultureInfo.InvariantCulture)));
            }
        }
    }
}
