using Vmm.Coredump;
using Vmm.Inspect;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Snapshot;
using Vmm.Trace;

namespace Vmm.Control.Local;

/// <summary>What one <c>vmm</c> asks of another over its control socket: one line of JSON.</summary>
internal sealed record ControlRequest
{
    /// <summary>What to do: see <see cref="ControlVerb"/>.</summary>
    public ControlVerb Verb { get; init; }

    /// <summary>The new name, for <see cref="ControlVerb.Rename"/>.</summary>
    public string? Name { get; init; }

    /// <summary>The device's id, for <see cref="ControlVerb.Limit"/>.</summary>
    public string? Device { get; init; }

    /// <summary>The limit, for <see cref="ControlVerb.Limit"/>; null lifts it.</summary>
    public RateConfig? Limit { get; init; }

    /// <summary>The network device, for <see cref="ControlVerb.Link"/>; null for the only one.</summary>
    public string? Net { get; init; }

    /// <summary>Whether its cable is to be in.</summary>
    public NetLink? Link { get; init; }

    /// <summary>How, for <see cref="ControlVerb.Snapshot"/>.</summary>
    public SnapshotRequest? Snapshot { get; init; }

    /// <summary>What, for <see cref="ControlVerb.Inspect"/>.</summary>
    public InspectRequest? Inspect { get; init; }

    /// <summary>Where to, for <see cref="ControlVerb.Coredump"/>.</summary>
    public CoredumpRequest? Coredump { get; init; }

    /// <summary>Where to and how, for <see cref="ControlVerb.Migrate"/>.</summary>
    public MigrationRequest? Migration { get; init; }

    /// <summary>Which exits, and how many at most, for <see cref="ControlVerb.Trace"/>.</summary>
    public TraceRequest? Trace { get; init; }

    /// <summary>For <see cref="ControlVerb.Resume"/>: also a guest that may run elsewhere.</summary>
    public bool Force { get; init; }

    /// <summary>What the guest shall give up, in bytes, for <see cref="ControlVerb.Balloon"/>; null to leave it.</summary>
    public ulong? BalloonBytes { get; init; }
}
