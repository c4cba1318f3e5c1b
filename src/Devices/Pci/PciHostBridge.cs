using Vmm.Devices.Pci.Spec;

namespace Vmm.Devices.Pci;

/// <summary>
/// Device 0:0.0, by which software recognises that there is a PCI bus at all: Linux looks for a host bridge's class code
/// before it believes the ports 0xCF8 and 0xCFC.
/// </summary>
public sealed class PciHostBridge() : PciFunction("host-bridge", new PciIdentity(VendorIntel, DeviceVirtualHostBridge, PciClass.HostBridge))
{
    /// <summary>Vendor under which the identity below is registered (PCI-SIG: Intel).</summary>
    public const ushort VendorIntel = 0x8086;

    /// <summary>A host bridge without registers of its own that no driver claims; other microVM monitors use the same number.</summary>
    public const ushort DeviceVirtualHostBridge = 0x0d57;
}
