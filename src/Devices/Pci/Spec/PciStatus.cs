namespace Vmm.Devices.Pci.Spec;

/// <summary>Bits of the status register (PCI Local Bus 3.0, 6.2.3, table 6-2).</summary>
public static class PciStatus
{
    /// <summary>The function's INTx# request, whether or not the command register lets it out.</summary>
    public const ushort InterruptStatus = 1 << 3;

    /// <summary>There is a capability list.</summary>
    public const ushort CapabilityList = 1 << 4;
}
