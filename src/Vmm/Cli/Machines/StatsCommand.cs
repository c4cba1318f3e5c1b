using System.CommandLine;
using System.Globalization;
using Vmm.Control.Local;
using Vmm.Machine.Config;
using Vmm.Metrics;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm stats</c>: what a running VM has counted: exits and their latency, vCPUs, disks, memory.</summary>
internal static class StatsCommand
{
    private const string Prometheus = "prometheus";

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> name = VmArgument.One();
        Option<string?> output = new("--output") { Description = "How to write it [table]", HelpName = $"table|json|{Prometheus}" };
        Command command = new("stats", "Show what a running VM has counted: exits, vCPUs, disks, memory") { name, output };
        command.SetAction(line =>
        {
            string? form = line.GetValue(output);
            if (form is not (null or "table" or "json" or Prometheus))
                throw UsageException.For(command, $"--output: '{Printable.Escape(form)}' is none of table, json, {Prometheus}");
            VmFolder folder = VmHome.Find().Existing(line.GetValue(name)!);
            MachineMetrics metrics = Read(folder);
            if (form == "json")
                MachinesJson.Print(metrics, MetricsJson.Default.MachineMetrics);
            else if (form == Prometheus)
                PrometheusText.Write(metrics, folder.Name, System.Console.Out);
            else
                System.Console.Out.Write(ExitStatistics.Text(metrics) + ExitStatistics.RunText(metrics) + Tables(metrics));
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    /// <summary>Asks a running VM.</summary>
    /// <exception cref="Host.VmmException">It does not run.</exception>
    public static MachineMetrics Read(VmFolder folder)
    {
        using ControlClient client = ControlClient.Connect(folder, "read the counters of");
        return client.Ask(ControlVerb.Metrics).Metrics!;
    }

    private static string Tables(MachineMetrics metrics)
    {
        TextTable vcpus = new();
        vcpus.Add("VCPU", "EXITS", "KICKS", "GUEST s", "KVM_RUN s", "ANSWERING s", "WAITING s");
        foreach (VcpuMetrics vcpu in metrics.Vcpus)
            vcpus.Add(Number(vcpu.Vcpu), Number(vcpu.Exits), Number(vcpu.Kicks), Seconds(vcpu.GuestNs), Seconds(vcpu.RunNs), Seconds(vcpu.HandlerNs), Seconds(vcpu.WaitNs));
        TextTable more = new();
        foreach (DiskMetrics disk in metrics.Disks)
        {
            more.Add($"disk {disk.Name}", $"{Number(disk.Reads)} reads, {Size(disk.ReadBytes)}; {Number(disk.Writes)} writes, {Size(disk.WrittenBytes)}; "
                + $"{Number(disk.Flushes)} flushes; {Number(disk.BackendErrors)} errors; {Number(disk.InFlight)} of {Number(disk.QueueSize)} in flight"
                + (disk.Throttled > 0 ? $"; throttled {Number(disk.Throttled)} times" : ""));
            if (disk.Queues.Count > 1)
            {
                foreach (DiskQueueMetrics queue in disk.Queues.Where(queue => queue.Size > 0))
                    more.Add($"  queue {Number(queue.Queue)}", $"{Number(queue.Requests)} requests, {Size(queue.Bytes)}; {Number(queue.Errors)} errors; {Number(queue.InFlight)} of {Number(queue.Size)} in flight");
            }
        }
        if (metrics.Vsock is { } vsock)
        {
            more.Add($"vsock {vsock.Name}", $"{Number(vsock.Connections)} connections; {Number(vsock.OpenedByGuest)} opened by the guest, {Number(vsock.OpenedByHost)} by the host, {Number(vsock.Refused)} refused; "
                + $"{Size(vsock.BytesFromGuest)} from the guest, {Size(vsock.BytesToGuest)} to it; {Number(vsock.ResetsSent)} resets; {Number(vsock.BadPackets)} bad packets");
        }
        foreach (PortMetrics port in metrics.Ports)
        {
            more.Add($"port {port.Name}", $"{Size(port.FromGuestBytes)} from the guest, {Size(port.ToGuestBytes)} to it, {Number(port.DroppedBytes)} bytes dropped; "
                + $"{(port.GuestOpen ? "open in the guest" : "closed in the guest")}, {(port.HostOpen ? "a client" : "no client")}");
        }
        foreach (NetMetrics net in metrics.Nets)
            more.Add($"net {net.Name}", NetStatsText.Of(net));
        more.Add("memory", $"{Size(metrics.Memory.ResidentBytes)} of {Size(metrics.Memory.ConfiguredBytes)} resident; {Size(metrics.Process.OverheadBytes)} private to the process beside it");
        if (metrics.Balloon is { } balloon)
        {
            more.Add("balloon", $"{Size(balloon.ActualBytes)} of {Size(balloon.TargetBytes)} wished; {Size(balloon.ReleasedBytes)} given back, {Size(balloon.ReportedBytes)} reported as free");
            if (balloon.Guest is { FreeBytes: ulong free, AvailableBytes: ulong available })
                more.Add("guest memory", $"{Size((long)free)} free, {Size((long)available)} available");
        }
        more.Add("process", $"{Seconds(metrics.Process.CpuNs)} s of processor time, {Number(metrics.Process.Threads)} threads, {Number(metrics.Process.OpenFds)} descriptors");
        if (metrics.ConsoleBytesDropped > 0)
            more.Add("console", $"{Number(metrics.ConsoleBytesDropped)} bytes dropped");
        return $"\n{vcpus}\n{more}";
    }

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Seconds(long nanoseconds) => (nanoseconds / 1e9).ToString("0.000", CultureInfo.InvariantCulture);

    private static string Size(long bytes) => bytes < 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB");
}
