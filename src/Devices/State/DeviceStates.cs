namespace Vmm.Devices.State;

/// <summary>A disk beside its queues: whether the driver has the cache on.</summary>
internal sealed record BlkState(byte Writeback);

/// <summary>
/// A card: its configuration, and what the driver's commands set. Offloads are feature bits; addresses six bytes each, in
/// the order of the wire; VLANs the numbers that pass, ascending.
/// </summary>
internal sealed record NetState(
    byte[] Mac,
    ushort Status,
    ushort Pairs,
    ulong ReceiveOffloads,
    byte FilterModes,
    byte[] Unicast,
    byte[] Multicast,
    bool TablesAreWhole,
    ushort[] Vlans);

/// <summary>A console: the terminal's size as the driver knows it, and how much of the oldest buffer of output is out already.</summary>
internal sealed record ConsoleState(ushort Columns, ushort Rows, ulong Transmitted);

/// <summary>A device of named ports.</summary>
internal sealed record PortsState(bool DriverReady, PortState[] Ports);

/// <summary>A named port: what its driver was told, whether it is open there, and how much of the oldest buffer of output is out already.</summary>
internal sealed record PortState(
    string Name,
    bool Added,
    bool Ready,
    bool Named,
    bool ToldOpen,
    bool GuestOpen,
    ulong Transmitted);

/// <summary>A balloon: its configuration, and a bit for each page of RAM that is in it, the lowest first; empty when none is.</summary>
internal sealed record BalloonState(uint Target, uint Actual, uint PoisonValue, byte[] Pages);

/// <summary>A socket device: no connection outlives a restore. The port that was given last is, so that none is given again too soon.</summary>
internal sealed record VsockDeviceState(uint LastHostPort);
