using System.Text.Json.Serialization;

namespace Vmm.Trace.Format;

/// <summary>The JSON within a trace.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TraceHeader))]
[JsonSerializable(typeof(TraceEnd))]
internal sealed partial class TraceJson : JsonSerializerContext;
