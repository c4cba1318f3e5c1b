using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>How a <see cref="MachineConfig"/> is read and written: generated code, no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    MaxDepth = DeepestNesting,
    WriteIndented = true)]
[JsonSerializable(typeof(MachineConfig))]
internal sealed partial class MachineConfigJson : JsonSerializerContext
{
    private const int DeepestNesting = 8;
}
