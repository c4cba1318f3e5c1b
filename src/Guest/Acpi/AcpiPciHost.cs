using Vmm.Guest.Memory;

namespace Vmm.Guest.Acpi;

/// <summary>The PCI host bridge and its windows.</summary>
public sealed record AcpiPciHost
{
    /// <summary>Start of the ECAM window.</summary>
    public ulong EcamStart { get; init; } = MemoryLayout.EcamStart;

    /// <summary>Buses it reaches, from 0.</summary>
    public int Buses { get; init; } = MemoryLayout.EcamBuses;

    /// <summary>Start of the window for 32-bit BARs.</summary>
    public ulong Window32Start { get; init; } = MemoryLayout.Pci32Start;

    /// <summary>Length of the window for 32-bit BARs.</summary>
    public ulong Window32Size { get; init; } = MemoryLayout.Pci32Size;

    /// <summary>Start of the window for 64-bit BARs.</summary>
    public required ulong Window64Start { get; init; }

    /// <summary>Length of the window for 64-bit BARs; 0 for none.</summary>
    public ulong Window64Size { get; init; } = MemoryLayout.Pci64Size;

    /// <summary>
    /// I/O APIC pins for INTx: pin p (A is 0) of slot s goes to entry (s + p) modulo their number. Empty when devices only
    /// have MSI-X, as ours do.
    /// </summary>
    public IReadOnlyList<uint> IntxGsis { get; init; } = [];
}
