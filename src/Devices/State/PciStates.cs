namespace Vmm.Devices.State;

/// <summary>What is on the PCI bus, in the order of device numbers.</summary>
internal sealed record PciBusState(PciFunctionState[] Functions);

/// <summary>A function: its configuration registers, all of them, and its MSI-X table if it has one.</summary>
/// <remarks>The request at its interrupt pin is not here: that follows from what its device holds.</remarks>
internal sealed record PciFunctionState(byte Device, string Name, byte[] Config, MsixState? Msix);

/// <summary>An MSI-X table and its pending bits, as the guest reads them. Whether they count is in the configuration registers.</summary>
internal sealed record MsixState(byte[] Table, byte[] Pending);
