namespace Vmm.Snapshot.State;

/// <summary>Everything that a machine holds beside its memory, one section a part. The same for snapshots and for migration.</summary>
/// <param name="Architecture">The processors' architecture, <see cref="ThisArchitecture"/>.</param>
/// <param name="Sections">In the order in which they are restored.</param>
internal sealed record SavedState(string Architecture, IReadOnlyList<StateSection> Sections)
{
    /// <summary>The only one there is so far.</summary>
    public const string ThisArchitecture = "x86-64";
}
