namespace Vmm.Devices.Interrupts;

/// <summary>A message-signalled interrupt: a 32-bit write that the device makes to the interrupt controller (PCI Local Bus 3.0, 6.8).</summary>
/// <param name="Address">Message address, as in the MSI-X table entry.</param>
/// <param name="Data">Message data.</param>
public readonly record struct MsiMessage(ulong Address, uint Data);
