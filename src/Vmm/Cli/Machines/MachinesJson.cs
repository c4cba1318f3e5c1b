using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Vmm.Bench;
using Vmm.Cli.Snapshots;
using Vmm.Coredump;
using Vmm.Host;
using Vmm.Metrics;
using Vmm.Migration;
using Vmm.Snapshot;

namespace Vmm.Cli.Machines;

/// <summary>How listings are written as JSON: generated code, no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<VmRow>))]
[JsonSerializable(typeof(VmInfo))]
[JsonSerializable(typeof(PauseResult))]
[JsonSerializable(typeof(BalloonMetrics))]
[JsonSerializable(typeof(MigrationResult))]
[JsonSerializable(typeof(SnapshotReport))]
[JsonSerializable(typeof(SnapshotRow))]
[JsonSerializable(typeof(IReadOnlyList<SnapshotRow>))]
[JsonSerializable(typeof(SnapshotDetails))]
[JsonSerializable(typeof(SnapshotDifference))]
[JsonSerializable(typeof(IReadOnlyList<SnapshotVerdict>))]
[JsonSerializable(typeof(CoredumpReport))]
internal sealed partial class MachinesJson : JsonSerializerContext
{
    /// <summary>Writes a listing to standard output, as people and programs read it.</summary>
    public static void Print<T>(T value, JsonTypeInfo<T> type)
    {
        using Stream output = StandardOutput.Open();
        using (Utf8JsonWriter writer = new(output, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            JsonSerializer.Serialize(writer, value, type);
        output.WriteByte((byte)'\n');
    }
}
