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
    WriteIndented = true,
    Converters = [
        typeof(ByteSizeConverter), typeof(ConsoleTargetConverter), typeof(CpuModelConverter), typeof(CpuQuotaConverter),
        typeof(WordConverter<BootProtocol>), typeof(WordConverter<VirtioTransport>), typeof(WordConverter<RebootPolicy>),
        typeof(WordConverter<LogTarget>), typeof(WordConverter<LogFormat>), typeof(WordConverter<LogThreshold>)])]
[JsonSerializable(typeof(MachineConfig))]
internal sealed partial class MachineConfigJson : JsonSerializerContext
{
    private const int DeepestNesting = 8;
}
