using Vmm.Host;

namespace Vmm.Migration.Sending;

/// <summary>The link was lost in the moment in which the guest changed sides. It may run at the destination, so it must not run here before somebody has looked.</summary>
/// <param name="destination">The destination.</param>
/// <param name="cause">What happened to the link.</param>
/// <param name="ticket">Takes it up again if it runs there and its memory was to follow; null when all of it is there.</param>
internal sealed class CommitLostException(string destination, Exception cause, MigrationTicket? ticket = null) : VmmException(
    $"the guest was handed over to {destination}, which did not say that it runs ({cause.Message}): it is held here. If it runs there, {(ticket is null ? "end it here (vmm kill)" : $"send the rest of its memory after it (vmm migrate VM {destination} --recover)")}; if it certainly does not, let it go on here (vmm resume --force)",
    cause: cause)
{
    /// <summary>Takes it up again; null when all of the guest's memory was there.</summary>
    public MigrationTicket? Ticket { get; } = ticket;
}
