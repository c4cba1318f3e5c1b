using System.Text.Json.Serialization;
using Vmm.Migration.Protocol;

namespace Vmm.Migration;

/// <summary>How far a migration is. Of what it says of the future nothing is promised.</summary>
internal sealed record MigrationProgress
{
    /// <summary>Where it is.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<MigrationPhase>))]
    public MigrationPhase Phase { get; init; }

    /// <summary>The round of memory, from 0.</summary>
    public int Round { get; init; }

    /// <summary>Bytes that were sent so far, headers and all.</summary>
    public long Sent { get; init; }

    /// <summary>Bytes of memory that are still to be sent in this round.</summary>
    public ulong Remaining { get; init; }

    /// <summary>Bytes that the guest writes to in a second.</summary>
    public double DirtyRate { get; init; }

    /// <summary>Bytes that can be sent in a second, as a round has shown; 0 before the first that sent enough to tell.</summary>
    public double Bandwidth { get; init; }

    /// <summary>How long the guest would be held if that began now, in milliseconds.</summary>
    public double ProjectedDowntime { get; init; }

    /// <summary>The share of time for which vCPUs are held so that the rest converges, in percent.</summary>
    public int Throttle { get; init; }

    /// <summary>Pages that the guest had to wait for at the destination.</summary>
    public long Faults { get; init; }

    /// <summary>How long it waited for half of them at most, in microseconds; from the destination's handler being told to the page being in place.</summary>
    public double FaultMedian { get; init; }

    /// <summary>How long it waited for 99 of 100 of them at most, in microseconds.</summary>
    public double Fault99 { get; init; }

    /// <summary>How long it takes so far, in milliseconds.</summary>
    public double Elapsed { get; init; }
}
