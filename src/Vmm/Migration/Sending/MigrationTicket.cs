namespace Vmm.Migration.Sending;

/// <summary>What takes a migration up again whose link was lost after the guest had started at the destination.</summary>
/// <param name="Session">What the destination called it.</param>
/// <param name="Options">As it was begun.</param>
internal sealed record MigrationTicket(string Session, MigrationOptions Options);
