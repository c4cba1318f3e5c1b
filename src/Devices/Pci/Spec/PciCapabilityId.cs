namespace Vmm.Devices.Pci.Spec;

/// <summary>Capability identifiers and the layout of a list entry (PCI Local Bus 3.0, 6.7 and appendix H).</summary>
public static class PciCapabilityId
{
    /// <summary>Vendor specific; virtio's structures are of this kind.</summary>
    public const byte VendorSpecific = 0x09;

    /// <summary>MSI-X.</summary>
    public const byte Msix = 0x11;

    /// <summary>Offset of the identifier in an entry.</summary>
    public const int Id = 0;

    /// <summary>Offset of the pointer to the next entry.</summary>
    public const int Next = 1;

    /// <summary>Where an entry's own fields begin.</summary>
    public const int Body = 2;

    /// <summary>Entries start at multiples of this.</summary>
    public const int Alignment = 4;
}
