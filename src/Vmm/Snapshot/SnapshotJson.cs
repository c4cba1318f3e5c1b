using System.Text.Json.Serialization;
using Vmm.Snapshot.State;

namespace Vmm.Snapshot;

/// <summary>How a snapshot's files are read and written: generated code, no reflection. Strict: what a version does not know is an error, and <see cref="SnapshotText"/> finds what comes twice.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true)]
[JsonSerializable(typeof(SavedState))]
[JsonSerializable(typeof(SnapshotManifest))]
internal sealed partial class SnapshotJson : JsonSerializerContext;
