using System.Text.Json.Serialization;
using Vmm.Machine.Config;

namespace Vmm.Snapshot;

/// <summary>How much of the memory a snapshot has of its own.</summary>
[JsonConverter(typeof(WordConverter<SnapshotKind>))]
internal enum SnapshotKind
{
    /// <summary>All of it.</summary>
    Full,

    /// <summary>What changed since its parent was taken.</summary>
    Incremental,
}
