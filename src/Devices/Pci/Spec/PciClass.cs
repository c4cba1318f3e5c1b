namespace Vmm.Devices.Pci.Spec;

/// <summary>Class codes, as base class, subclass and programming interface (PCI Code and ID Assignment 1.11, 1).</summary>
public static class PciClass
{
    /// <summary>Host bridge.</summary>
    public const uint HostBridge = 0x06_00_00;

    /// <summary>Mass storage, other.</summary>
    public const uint MassStorage = 0x01_80_00;

    /// <summary>Ethernet controller.</summary>
    public const uint Ethernet = 0x02_00_00;

    /// <summary>Simple communication controller, other.</summary>
    public const uint Communication = 0x07_80_00;

    /// <summary>Device that fits no defined class.</summary>
    public const uint Other = 0xff_00_00;
}
