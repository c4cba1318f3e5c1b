namespace Vmm.Gdb.Protocol;

/// <summary>What a byte from a debugger completed.</summary>
internal enum PacketEvent
{
    /// <summary>Nothing yet.</summary>
    None,

    /// <summary>A packet whose checksum is right.</summary>
    Packet,

    /// <summary>A packet whose checksum is wrong: it is asked for again.</summary>
    Corrupt,

    /// <summary>A packet that is longer than we said we take.</summary>
    TooLong,

    /// <summary>Our last packet has arrived.</summary>
    Acknowledged,

    /// <summary>Our last packet has not: it is sent again.</summary>
    Refused,

    /// <summary>Ctrl-C: stop the guest.</summary>
    Interrupt,
}
