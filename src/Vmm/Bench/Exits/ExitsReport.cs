using System.Text.Json.Serialization;

namespace Vmm.Bench.Exits;

/// <summary>What <c>vmm bench exits</c> found, as it is saved.</summary>
internal sealed record ExitsReport
{
    /// <summary>Where it was measured.</summary>
    [JsonRequired]
    public required HostRecord Host { get; init; }

    /// <summary>The rows, in the order of the table.</summary>
    [JsonRequired]
    public required IReadOnlyList<ExitResult> Rows { get; init; }
}
