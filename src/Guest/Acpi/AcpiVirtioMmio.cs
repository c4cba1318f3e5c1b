using Vmm.Guest.Memory;

namespace Vmm.Guest.Acpi;

/// <summary>A virtio device with the MMIO transport.</summary>
/// <param name="Address">Its registers, below 4 GiB.</param>
/// <param name="Size">How many bytes of them.</param>
/// <param name="Gsi">Its interrupt, edge-triggered and active high.</param>
public readonly record struct AcpiVirtioMmio(GuestAddress Address, uint Size, uint Gsi);
