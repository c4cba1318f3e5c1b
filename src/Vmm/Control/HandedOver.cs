using Vmm.Migration.Machines;
using Vmm.Migration.Sending;

namespace Vmm.Control;

/// <summary>A guest that is held here because it was handed over, and the link was lost. Its machine's log and locks are as the hand-over left them.</summary>
/// <param name="Guest">The guest.</param>
/// <param name="Destination">Where to.</param>
/// <param name="Ticket">Sends the rest of its memory after it; null when all is there.</param>
/// <param name="RunsThere">Whether it certainly runs there: then it never runs here again. Else nobody knows.</param>
internal sealed record HandedOver(MigratingMachine Guest, string Destination, MigrationTicket? Ticket, bool RunsThere);
