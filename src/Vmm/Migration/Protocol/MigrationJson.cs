using System.Text.Json.Serialization;

namespace Vmm.Migration.Protocol;

/// <summary>How the messages that are JSON are read and written: generated code, no reflection. Strict: what a version does not know is an error.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(HelloMessage))]
[JsonSerializable(typeof(WelcomeMessage))]
[JsonSerializable(typeof(OfferMessage))]
[JsonSerializable(typeof(ReasonMessage))]
[JsonSerializable(typeof(AttachMessage))]
[JsonSerializable(typeof(RecoverMessage))]
[JsonSerializable(typeof(MigrationProgress))]
internal sealed partial class MigrationJson : JsonSerializerContext;
