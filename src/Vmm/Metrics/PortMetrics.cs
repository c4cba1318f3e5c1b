namespace Vmm.Metrics;

/// <summary>What one named port has carried.</summary>
internal sealed record PortMetrics
{
    /// <summary>Its name in the guest.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes that the guest wrote and a client took.</summary>
    public long FromGuestBytes { get; init; }

    /// <summary>Bytes that a client sent and the guest took.</summary>
    public long ToGuestBytes { get; init; }

    /// <summary>Bytes that the guest wrote while there was no client.</summary>
    public long DroppedBytes { get; init; }

    /// <summary>Whether a client is connected at this moment.</summary>
    public bool HostOpen { get; init; }

    /// <summary>Whether a program in the guest has it open at this moment.</summary>
    public bool GuestOpen { get; init; }
}
