using System.Text.Json.Serialization;

namespace Vmm.Registry;

/// <summary>How a <see cref="VmRecord"/> is read and written: generated code, no reflection. Unknown fields are a newer version's.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(VmRecord))]
internal sealed partial class RegistryJson : JsonSerializerContext;
