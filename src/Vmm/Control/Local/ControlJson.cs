using System.Text.Json.Serialization;
using Vmm.Machine.Config;

namespace Vmm.Control.Local;

/// <summary>How requests and answers are read and written: generated code, no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    MaxDepth = DeepestNesting,
    Converters = [
        typeof(WordConverter<ControlVerb>), typeof(WordConverter<VmState>),
        typeof(ByteSizeConverter), typeof(ConsoleTargetConverter), typeof(CpuModelConverter),
        typeof(WordConverter<BootProtocol>), typeof(WordConverter<VirtioTransport>), typeof(WordConverter<RebootPolicy>)])]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlReply))]
internal sealed partial class ControlJson : JsonSerializerContext
{
    private const int DeepestNesting = 16;
}
