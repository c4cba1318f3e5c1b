using System.Text.Json.Serialization;

namespace Vmm.Metrics;

/// <summary>How <see cref="MachineMetrics"/> are written as JSON: generated code, no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MachineMetrics))]
internal sealed partial class MetricsJson : JsonSerializerContext;
