using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vmm.GuestAgent;

/// <summary>How <see cref="AgentMessages"/> are read and written: generated code, no reflection, and a bound on nesting.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = DeepestNesting)]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(AgentMessages.Answer))]
[JsonSerializable(typeof(AgentMessages.SyncArguments))]
[JsonSerializable(typeof(AgentMessages.ExecArguments))]
[JsonSerializable(typeof(AgentMessages.ExecProcess))]
[JsonSerializable(typeof(AgentMessages.ExecStatus))]
[JsonSerializable(typeof(AgentMessages.ShutdownArguments))]
[JsonSerializable(typeof(AgentMessages.TimeArguments))]
[JsonSerializable(typeof(AgentMessages.Info))]
[JsonSerializable(typeof(IReadOnlyList<AgentMessages.NetworkInterface>))]
internal sealed partial class AgentJson : JsonSerializerContext
{
    /// <summary>How deep an answer may be nested; the deepest of the protocol's own needs about eight.</summary>
    public const int DeepestNesting = 32;
}
