using System.Text.Json.Serialization;

namespace Vmm.Control;

/// <summary>How a <see cref="MachineEvent"/> is read and written: generated code, no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MachineEvent))]
internal sealed partial class EventJson : JsonSerializerContext;
