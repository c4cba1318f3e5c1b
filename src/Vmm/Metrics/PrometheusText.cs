using System.Globalization;

namespace Vmm.Metrics;

/// <summary>
/// <see cref="MachineMetrics"/> in Prometheus' text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/): base units, one family after the other.
/// </summary>
internal static class PrometheusText
{
    /// <summary>What a server says it is.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const string Reason = "reason";
    private const string Device = "device";
    private const string Port = "port";
    private const string Vcpu = "vcpu";

    /// <summary>Writes all of a machine's families.</summary>
    /// <param name="metrics">The figures.</param>
    /// <param name="machineName">The value of the label <c>vm</c>.</param>
    /// <param name="output">Where to.</param>
    public static void Write(MachineMetrics metrics, string machineName, TextWriter output)
    {
        PrometheusWriter writer = new(output, machineName);
        writer.Gauge("vmm_uptime_seconds", "Time since the machine was first started.").Seconds(metrics.UptimeNs);
        writer.Counter("vmm_reboots_total", "How often the guest was started again.").Value(metrics.Reboots);
        WriteExits(writer, metrics);
        WriteVcpus(writer, metrics.Vcpus);
        if (metrics.Disks.Count > 0)
        {
            WriteDisks(writer, metrics.Disks);
            DiskQueuesText.Write(writer, metrics.Disks);
        }
        if (metrics.Vsock is { } vsock)
            VsockText.Write(writer, vsock);
        if (metrics.Ports.Count > 0)
            WritePorts(writer, metrics.Ports);
        if (metrics.Nets.Count > 0)
            NetPrometheus.Write(writer, metrics.Nets);
        writer.Counter("vmm_console_dropped_bytes_total", "Bytes that the guest printed and nobody took in time.").Value(metrics.ConsoleBytesDropped);
        writer.Counter("vmm_log_lines_written_total", "Lines of the log that a place took; a message for two places counts twice.").Value(metrics.Log.Written);
        writer.Counter("vmm_log_messages_suppressed_total", "Messages held back because their site had said enough.").Value(metrics.Log.Suppressed);
        writer.Counter("vmm_log_lines_dropped_total", "Lines of the log that are lost: their place was closed, full or too slow.").Value(metrics.Log.Dropped);
        WriteMemory(writer, metrics);
        if (metrics.Balloon is { } balloon)
            BalloonText.Write(writer, balloon);
    }

    private static void WriteExits(PrometheusWriter writer, MachineMetrics metrics)
    {
        writer.Histogram("vmm_exit_duration_seconds", "Time to answer an exit to user space, by KVM's reason for it.");
        foreach (ExitMetrics exits in metrics.ExitsByReason)
            writer.Distribution(exits, Reason, exits.Name);
        writer.Histogram("vmm_exit_run_seconds", "Time within KVM_RUN before an exit to user space, by KVM's reason for it.");
        foreach (ExitMetrics exits in metrics.ExitsByReason)
            writer.Distribution(exits.Run, Reason, exits.Name);
        writer.Histogram("vmm_device_access_duration_seconds", "Time to answer a port or memory access, by the device that was accessed.");
        foreach (ExitMetrics exits in metrics.ExitsByDevice)
            writer.Distribution(exits, Device, exits.Name);
    }

    private static void WriteVcpus(PrometheusWriter writer, IReadOnlyList<VcpuMetrics> vcpus)
    {
        Times("vmm_vcpu_run_seconds_total", "Time within KVM_RUN, halted or not.", vcpu => vcpu.RunNs);
        Times("vmm_vcpu_handler_seconds_total", "Time to answer exits.", vcpu => vcpu.HandlerNs);
        Times("vmm_vcpu_wait_seconds_total", "Time in which the vCPU could have run and got no processor of the host.", vcpu => vcpu.WaitNs);
        Times("vmm_vcpu_cpu_seconds_total", "Time of the vCPU's thread on a processor of the host.", vcpu => vcpu.CpuNs);
        // No counter: when a handler had to wait for something, what is left for the guest shrinks.
        writer.Gauge("vmm_vcpu_guest_seconds", "Time on a processor for the guest: time on a processor less handler time.");
        foreach (VcpuMetrics vcpu in vcpus)
            writer.Seconds(vcpu.GuestNs, Vcpu, Number(vcpu));
        writer.Counter("vmm_vcpu_kicks_total", "How often the host kicked the vCPU out of the guest.");
        foreach (VcpuMetrics vcpu in vcpus)
            writer.Value(vcpu.Kicks, Vcpu, Number(vcpu));

        writer.Counter("vmm_vcpu_exits_total", "The vCPU's exits to user space, by KVM's reason for them.");
        foreach (VcpuMetrics vcpu in vcpus)
        {
            foreach (ExitMetrics exits in vcpu.ExitsByReason)
                writer.Value(exits.Count, (Vcpu, Number(vcpu)), (Reason, exits.Name));
        }

        void Times(string name, string help, Func<VcpuMetrics, long> time)
        {
            writer.Counter(name, help);
            foreach (VcpuMetrics vcpu in vcpus)
                writer.Seconds(time(vcpu), Vcpu, Number(vcpu));
        }

        static string Number(VcpuMetrics vcpu) => vcpu.Vcpu.ToString(CultureInfo.InvariantCulture);
    }

    private static void WriteDisks(PrometheusWriter writer, IReadOnlyList<DiskMetrics> disks)
    {
        Family("vmm_disk_reads_total", "Reads that succeeded.", disk => disk.Reads);
        Family("vmm_disk_read_bytes_total", "Bytes read.", disk => disk.ReadBytes);
        Family("vmm_disk_writes_total", "Writes that succeeded.", disk => disk.Writes);
        Family("vmm_disk_written_bytes_total", "Bytes written.", disk => disk.WrittenBytes);
        Family("vmm_disk_flushes_total", "Flushes that succeeded.", disk => disk.Flushes);
        Family("vmm_disk_discards_total", "Discard requests that succeeded.", disk => disk.Discards);
        Family("vmm_disk_zero_writes_total", "Write-zeroes requests that succeeded.", disk => disk.ZeroWrites);
        Family("vmm_disk_errors_total", "Requests that the host's side failed.", disk => disk.BackendErrors);
        Family("vmm_disk_refused_requests_total", "Requests that the guest should not have made.", disk => disk.RefusedRequests);
        Family("vmm_disk_unsupported_requests_total", "Requests of a kind that the disk does not do.", disk => disk.UnsupportedRequests);
        Family("vmm_disk_throttled_total", "How often work waited because of a limit.", disk => disk.Throttled);
        writer.Gauge("vmm_disk_requests_in_flight", "Requests that the disk works on.");
        foreach (DiskMetrics disk in disks)
            writer.Value(disk.InFlight, Device, disk.Name);
        writer.Gauge("vmm_disk_queue_size", "How many requests may be in flight; 0 while no driver is up.");
        foreach (DiskMetrics disk in disks)
            writer.Value(disk.QueueSize, Device, disk.Name);

        void Family(string name, string help, Func<DiskMetrics, long> value)
        {
            writer.Counter(name, help);
            foreach (DiskMetrics disk in disks)
                writer.Value(value(disk), Device, disk.Name);
        }
    }

    private static void WritePorts(PrometheusWriter writer, IReadOnlyList<PortMetrics> ports)
    {
        writer.Counter("vmm_port_from_guest_bytes_total", "Bytes that the guest wrote to a named port and a client took.");
        foreach (PortMetrics port in ports)
            writer.Value(port.FromGuestBytes, Port, port.Name);
        writer.Counter("vmm_port_to_guest_bytes_total", "Bytes that a client sent to a named port and the guest took.");
        foreach (PortMetrics port in ports)
            writer.Value(port.ToGuestBytes, Port, port.Name);
        writer.Counter("vmm_port_dropped_bytes_total", "Bytes that the guest wrote to a named port that had no client.");
        foreach (PortMetrics port in ports)
            writer.Value(port.DroppedBytes, Port, port.Name);
        writer.Gauge("vmm_port_host_open", "Whether a client is connected to a named port.");
        foreach (PortMetrics port in ports)
            writer.Value(port.HostOpen ? 1 : 0, Port, port.Name);
        writer.Gauge("vmm_port_guest_open", "Whether a program in the guest has a named port open.");
        foreach (PortMetrics port in ports)
            writer.Value(port.GuestOpen ? 1 : 0, Port, port.Name);
    }

    private static void WriteMemory(PrometheusWriter writer, MachineMetrics metrics)
    {
        writer.Gauge("vmm_memory_configured_bytes", "The guest's RAM, as the guest sees it.").Value(metrics.Memory.ConfiguredBytes);
        writer.Gauge("vmm_memory_resident_bytes", "The guest's RAM that has pages of the host behind it.").Value(metrics.Memory.ResidentBytes);
        writer.Gauge("vmm_process_resident_bytes", "The process's memory in RAM, the guest's included.").Value(metrics.Process.ResidentBytes);
        writer.Gauge("vmm_process_private_bytes", "The process's memory in RAM that no other process has, the guest's included.").Value(metrics.Process.PrivateBytes);
        writer.Gauge("vmm_process_overhead_bytes", "The process's private memory that is not the guest's RAM.").Value(metrics.Process.OverheadBytes);
        writer.Counter("vmm_process_cpu_seconds_total", "Time of all the process's threads on processors.").Seconds(metrics.Process.CpuNs);
        writer.Gauge("vmm_process_threads", "The process's threads.").Value(metrics.Process.Threads);
        writer.Gauge("vmm_process_open_fds", "The process's open descriptors.").Value(metrics.Process.OpenFds);
    }
}
