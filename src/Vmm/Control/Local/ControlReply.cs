using Vmm.Machine.Config;
using Vmm.Metrics;

namespace Vmm.Control.Local;

/// <summary>The answer to a <see cref="ControlRequest"/>: one line of JSON.</summary>
internal sealed record ControlReply
{
    /// <summary>Why it was not done; null when it was.</summary>
    public string? Error { get; init; }

    /// <summary>What the asking program shall exit with, when there is an error.</summary>
    public int? ExitCode { get; init; }

    /// <summary>For <see cref="ControlVerb.Status"/>.</summary>
    public VmStatus? Status { get; init; }

    /// <summary>For <see cref="ControlVerb.Config"/>.</summary>
    public MachineConfig? Config { get; init; }

    /// <summary>For <see cref="ControlVerb.Metrics"/>.</summary>
    public MachineMetrics? Metrics { get; init; }

    /// <summary>How long the last vCPU took to be held, in microseconds, for <see cref="ControlVerb.Pause"/>.</summary>
    public double? PausedInMicroseconds { get; init; }
}
