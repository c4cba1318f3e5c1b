namespace Vmm.Migration;

/// <summary>A wish to migrate.</summary>
/// <param name="Destination">Where to: <c>tcp:HOST:PORT</c>, <c>unix:PATH</c>, or <c>fd:N</c> for a connection that is handed over.</param>
/// <param name="Options">How.</param>
/// <param name="Recover">Whether one is taken up again whose link was lost after the guest had started there: as it was begun, not by <paramref name="Options"/>.</param>
internal sealed record MigrationRequest(string Destination, MigrationOptions Options, bool Recover = false)
{
    /// <summary>Whether a connection is handed over with it, as a descriptor that goes along with a byte of its own.</summary>
    public bool PassesConnection { get; init; }
}
