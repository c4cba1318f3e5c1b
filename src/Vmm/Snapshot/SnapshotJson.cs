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
internal sealed partial class SnapshotJson : JsonSerializerContext
{
    /// <summary>
    /// The serializer asks every type for attributes of this kind, as an array. Mentioned nowhere, the array's type is none that
    /// the compiler makes, and the program puts it together by itself when it reads the first object: hundreds of functions.
    /// </summary>
    static SnapshotJson() => GC.KeepAlive(Array.Empty<JsonDerivedTypeAttribute>());
}
