using Vmm.Host;

namespace Vmm.Migration.Sending;

/// <summary>The link was lost while memory followed. The guest runs at the destination, and never here again; what it has not got is still here.</summary>
/// <param name="destination">The destination.</param>
/// <param name="left">Bytes that are still here and nowhere else.</param>
/// <param name="ticket">Takes it up again.</param>
/// <param name="cause">What happened to the link.</param>
internal sealed class PagesLostException(string destination, ulong left, MigrationTicket ticket, Exception cause) : VmmException(
    $"the link to {destination} was lost after the guest had started there ({cause.Message}): " + (left > 0
        ? $"up to {left / 1e6:0.0} MB of its memory are still here, and it waits there where it needs them. Take it up again with 'vmm migrate VM {destination} --recover', or give the guest up on both sides (vmm kill)"
        : $"all of its memory was sent, and whether all has come was not heard. Ask with 'vmm migrate VM {destination} --recover', which sends what is missing, or give the guest up on both sides (vmm kill)"),
    cause: cause)
{
    /// <summary>Takes it up again.</summary>
    public MigrationTicket Ticket { get; } = ticket;
}
