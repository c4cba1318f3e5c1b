namespace Vmm.Devices.Pci;

/// <summary>What sort of memory a BAR asks for.</summary>
public enum PciBarKind
{
    /// <summary>Below 4 GiB; one register.</summary>
    Memory32,

    /// <summary>Anywhere; two registers.</summary>
    Memory64,
}
