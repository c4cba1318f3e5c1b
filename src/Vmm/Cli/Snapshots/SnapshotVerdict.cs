namespace Vmm.Cli.Snapshots;

/// <summary>What <c>vmm snapshots verify</c> found of one.</summary>
/// <param name="Path">Its folder.</param>
internal sealed record SnapshotVerdict(string Path)
{
    /// <summary>The folders that it builds upon, the oldest first; none for a full one, or when not all of them are whole.</summary>
    public IReadOnlyList<string> Parents { get; init; } = [];

    /// <summary>What is not whole of it; null when all is.</summary>
    public string? Fault { get; init; }
}
