using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Vmm.Machine.Exits;

namespace Vmm.Metrics;

/// <summary>Exits of one kind, and how long it took us to answer them.</summary>
internal sealed record ExitMetrics : LatencyMetrics
{
    /// <summary>An empty one, to be filled.</summary>
    [JsonConstructor]
    public ExitMetrics()
    {
    }

    /// <summary>Those of a name.</summary>
    [SetsRequiredMembers]
    public ExitMetrics(string name, LatencyHistogram handled, LatencyHistogram run)
        : base(handled) => (Name, Run) = (name, new(run));

    /// <summary>The reason (<c>io</c>, <c>mmio</c>) or the device (<c>serial0</c>); <c>(nobody)</c> for accesses that no device answered.</summary>
    public required string Name { get; init; }

    /// <summary>How long the vCPU was within KVM_RUN before each of them.</summary>
    public required LatencyMetrics Run { get; init; }
}
