using Vmm.Devices.Virtio.Balloon;

namespace Vmm.Metrics;

/// <summary>A balloon's families in Prometheus' format. What the guest does not tell has no sample.</summary>
internal static class BalloonText
{
    /// <summary>Writes them.</summary>
    public static void Write(PrometheusWriter writer, BalloonMetrics balloon)
    {
        writer.Gauge("vmm_balloon_target_bytes", "What the guest shall give up of its memory.").Value(balloon.TargetBytes);
        writer.Gauge("vmm_balloon_actual_bytes", "What the guest says that it has given up.").Value(balloon.ActualBytes);
        writer.Counter("vmm_balloon_released_bytes_total", "Memory in the balloon that went back to the host.").Value(balloon.ReleasedBytes);
        writer.Counter("vmm_balloon_reported_bytes_total", "Memory that the guest reported as free and that went back to the host.").Value(balloon.ReportedBytes);
        writer.Counter("vmm_balloon_kept_bytes_total", "Memory that the guest gave up and the host could not take.").Value(balloon.KeptBytes);
        writer.Counter("vmm_balloon_skipped_pages_total", "Pages that the balloon's driver should not have named.").Value(balloon.SkippedPages);
        if (balloon.Guest is { } guest)
            Write(writer, guest);
    }

    private static void Write(PrometheusWriter writer, GuestMemoryStatistics guest)
    {
        Gauge("vmm_guest_memory_total_bytes", "Memory in all, as the guest's kernel counts it.", guest.TotalBytes);
        Gauge("vmm_guest_memory_free_bytes", "Memory that the guest uses for nothing.", guest.FreeBytes);
        Gauge("vmm_guest_memory_available_bytes", "Memory that the guest could have without swapping.", guest.AvailableBytes);
        Gauge("vmm_guest_memory_caches_bytes", "File caches of the guest that it can drop.", guest.CacheBytes);
        Counter("vmm_guest_swap_in_bytes_total", "Bytes that the guest swapped in.", guest.SwapInBytes);
        Counter("vmm_guest_swap_out_bytes_total", "Bytes that the guest swapped out.", guest.SwapOutBytes);
        Counter("vmm_guest_major_faults_total", "Page faults in the guest that needed a disk.", guest.MajorFaults);
        Counter("vmm_guest_minor_faults_total", "Page faults in the guest that needed none.", guest.MinorFaults);
        Counter("vmm_guest_huge_pages_allocated_total", "Huge pages that the guest allocated.", guest.HugePagesAllocated);
        Counter("vmm_guest_huge_pages_failed_total", "Huge pages that the guest could not allocate.", guest.HugePagesFailed);

        void Gauge(string name, string help, ulong? value) => Sample(value, () => writer.Gauge(name, help));

        void Counter(string name, string help, ulong? value) => Sample(value, () => writer.Counter(name, help));

        // A guest may tell any number: what no counter here can hold is told as the most.
        static void Sample(ulong? value, Func<PrometheusWriter> begin)
        {
            if (value is { } told)
                begin().Value((long)Math.Min(told, long.MaxValue));
        }
    }
}
