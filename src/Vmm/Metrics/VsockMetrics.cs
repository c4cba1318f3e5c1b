namespace Vmm.Metrics;

/// <summary>What the socket device has done.</summary>
internal sealed record VsockMetrics
{
    /// <summary>Its id.</summary>
    public required string Name { get; init; }

    /// <summary>Connections that are open at this moment.</summary>
    public int Connections { get; init; }

    /// <summary>Connections that the guest opened.</summary>
    public long OpenedByGuest { get; init; }

    /// <summary>Connections that the host opened and the guest accepted.</summary>
    public long OpenedByHost { get; init; }

    /// <summary>Connections that were asked for and refused.</summary>
    public long Refused { get; init; }

    /// <summary>RST packets that the guest was sent, those that end a clean close included.</summary>
    public long ResetsSent { get; init; }

    /// <summary>Packets of the guest that broke a rule.</summary>
    public long BadPackets { get; init; }

    /// <summary>Packets from the guest.</summary>
    public long PacketsFromGuest { get; init; }

    /// <summary>Bytes of data from the guest.</summary>
    public long BytesFromGuest { get; init; }

    /// <summary>Packets to the guest.</summary>
    public long PacketsToGuest { get; init; }

    /// <summary>Bytes of data to the guest.</summary>
    public long BytesToGuest { get; init; }
}
