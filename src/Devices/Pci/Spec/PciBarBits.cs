namespace Vmm.Devices.Pci.Spec;

/// <summary>Low bits of a memory base address register (PCI Local Bus 3.0, 6.2.5.1, figure 6-5).</summary>
public static class PciBarBits
{
    /// <summary>The address has 64 bits; the next register holds the upper half.</summary>
    public const uint Memory64 = 0b10 << 1;

    /// <summary>Reading has no side effect.</summary>
    public const uint Prefetchable = 1 << 3;

    /// <summary>Bits that are no address.</summary>
    public const uint Flags = 0xf;

    /// <summary>The smallest BAR here: a page, so that no two share one.</summary>
    public const ulong MinimumSize = 0x1000;
}
