namespace Vmm.Migration;

/// <summary>A wish to migrate.</summary>
/// <param name="Destination">Where to: <c>tcp:HOST:PORT</c> or <c>unix:PATH</c>.</param>
/// <param name="Options">How.</param>
/// <param name="Recover">Whether one is taken up again whose link was lost after the guest had started there: as it was begun, not by <paramref name="Options"/>.</param>
internal sealed record MigrationRequest(string Destination, MigrationOptions Options, bool Recover = false);
