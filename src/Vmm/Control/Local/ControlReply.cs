using Vmm.Coredump;
using Vmm.Inspect.Report;
using Vmm.Machine.Config;
using Vmm.Metrics;
using Vmm.Migration;
using Vmm.Snapshot;

namespace Vmm.Control.Local;

/// <summary>The answer to a <see cref="ControlRequest"/>: one line of JSON.</summary>
internal sealed record ControlReply
{
    /// <summary>Why it was not done; null when it was.</summary>
    public string? Error { get; init; }

    /// <summary>What the asking program shall exit with, when there is an error; what the VM's process exits with, at the end of <see cref="ControlVerb.Wait"/>.</summary>
    public int? ExitCode { get; init; }

    /// <summary>For <see cref="ControlVerb.Status"/>.</summary>
    public VmStatus? Status { get; init; }

    /// <summary>For <see cref="ControlVerb.Config"/>.</summary>
    public MachineConfig? Config { get; init; }

    /// <summary>For <see cref="ControlVerb.Metrics"/>.</summary>
    public MachineMetrics? Metrics { get; init; }

    /// <summary>For <see cref="ControlVerb.Balloon"/>, when no size was named.</summary>
    public BalloonMetrics? Balloon { get; init; }

    /// <summary>For <see cref="ControlVerb.Snapshot"/>.</summary>
    public SnapshotReport? Snapshot { get; init; }

    /// <summary>For <see cref="ControlVerb.Inspect"/>.</summary>
    public InspectReport? Inspect { get; init; }

    /// <summary>For <see cref="ControlVerb.Coredump"/>.</summary>
    public CoredumpReport? Coredump { get; init; }

    /// <summary>For <see cref="ControlVerb.Migrate"/>.</summary>
    public MigrationResult? Migration { get; init; }

    /// <summary>For <see cref="ControlVerb.MigrationProgress"/>; null when there is none under way.</summary>
    public MigrationProgress? MigrationProgress { get; init; }

    /// <summary>How long the last vCPU took to be held, in microseconds, for <see cref="ControlVerb.Pause"/>.</summary>
    public double? PausedInMicroseconds { get; init; }
}
