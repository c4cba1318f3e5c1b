using Vmm.Logging;

namespace Vmm.Metrics;

/// <summary>
/// What a machine has done so far, at one moment: a plain value that every output (text, JSON, Prometheus) is made of.
/// Figures that grow cover all starts of the guest, reboots included. Times are in nanoseconds.
/// </summary>
internal sealed record MachineMetrics
{
    /// <summary>Time since the machine was first started.</summary>
    public required long UptimeNs { get; init; }

    /// <summary>How often the guest was started again.</summary>
    public required int Reboots { get; init; }

    /// <summary>Exits by reason, the most frequent first. Each is in exactly one of them.</summary>
    public required IReadOnlyList<ExitMetrics> ExitsByReason { get; init; }

    /// <summary>Port and memory exits by the device that was accessed, the most frequent first.</summary>
    public required IReadOnlyList<ExitMetrics> ExitsByDevice { get; init; }

    /// <summary>The virtual processors, by number.</summary>
    public required IReadOnlyList<VcpuMetrics> Vcpus { get; init; }

    /// <summary>The disks, in the order in which the guest finds them.</summary>
    public required IReadOnlyList<DiskMetrics> Disks { get; init; }

    /// <summary>The socket device; null when the machine has none.</summary>
    public VsockMetrics? Vsock { get; init; }

    /// <summary>The balloon; null when the machine has none.</summary>
    public BalloonMetrics? Balloon { get; init; }

    /// <summary>The named ports, in the order of their numbers.</summary>
    public IReadOnlyList<PortMetrics> Ports { get; init; } = [];

    /// <summary>The network devices, in the order in which the guest finds them.</summary>
    public IReadOnlyList<NetMetrics> Nets { get; init; } = [];

    /// <summary>Bytes that the guest printed and nobody took in time.</summary>
    public required long ConsoleBytesDropped { get; init; }

    /// <summary>What became of the lines of the log.</summary>
    public required LogCounters Log { get; init; }

    /// <summary>The process of the host that is this machine.</summary>
    public required ProcessMetrics Process { get; init; }

    /// <summary>The guest's RAM.</summary>
    public required MemoryMetrics Memory { get; init; }
}
