using System.Text.Json;
using Vmm.Snapshot;

namespace Vmm.Migration.Protocol;

/// <summary>What machine it is.</summary>
internal sealed record OfferMessage
{
    /// <summary>Its description, resolved, in the form of a machine file.</summary>
    public required JsonElement Config { get; init; }

    /// <summary>What the guest was told of its processors.</summary>
    public JsonElement? Cpu { get; init; }

    /// <summary>RAM in bytes.</summary>
    public required ulong Memory { get; init; }

    /// <summary>Bytes a page.</summary>
    public required uint Page { get; init; }

    /// <summary>Connections for memory.</summary>
    public required int Connections { get; init; }

    /// <summary>Whether pages may come compressed.</summary>
    public bool Zstd { get; init; }

    /// <summary>Whether the guest was paused by its user, and is to stay so.</summary>
    public bool Paused { get; init; }

    /// <summary>Whether the guest may start before all of its memory is there.</summary>
    public bool PostCopy { get; init; }

    /// <summary>Whether the memory itself is handed over: <see cref="MessageType.Memory"/> follows, and no pages.</summary>
    public bool Local { get; init; }

    /// <summary>The disks as the source has them.</summary>
    public required IReadOnlyList<SnapshotDisk> Disks { get; init; }
}
