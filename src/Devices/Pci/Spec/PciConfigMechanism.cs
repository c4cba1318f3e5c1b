namespace Vmm.Devices.Pci.Spec;

/// <summary>The two ways to configuration space: ports (PCI Local Bus 3.0, 3.2.2.3.2) and memory (PCI Express 4.0, 7.2.2).</summary>
public static class PciConfigMechanism
{
    /// <summary>CONFIG_ADDRESS, and the first of eight ports that belong together.</summary>
    public const ushort AddressPort = 0xcf8;

    /// <summary>Length of the port range: address and data register.</summary>
    public const int PortCount = 8;

    /// <summary>CONFIG_DATA, from <see cref="AddressPort"/>.</summary>
    public const int DataOffset = 4;

    /// <summary>The PC's reset control register lies within CONFIG_ADDRESS: port 0xCF9.</summary>
    public const int ResetControlOffset = 1;

    /// <summary>CONFIG_ADDRESS: data accesses go to configuration space.</summary>
    public const uint Enable = 1u << 31;

    /// <summary>CONFIG_ADDRESS: bus, device and function start here.</summary>
    public const int AddressShift = 8;

    /// <summary>CONFIG_ADDRESS: the doubleword.</summary>
    public const uint RegisterMask = 0xfc;

    /// <summary>CONFIG_ADDRESS: bits that are always 0.</summary>
    public const uint Reserved = 0x7f00_0003;

    /// <summary>ECAM: bus, device and function start here; below it is the offset in a function's 4 KiB.</summary>
    public const int EcamFunctionShift = 12;

    /// <summary>ECAM: length of a function.</summary>
    public const ulong EcamFunctionSize = 1UL << EcamFunctionShift;
}
