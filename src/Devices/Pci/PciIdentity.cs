namespace Vmm.Devices.Pci;

/// <summary>Who a function says it is (PCI Local Bus 3.0, 6.2.1 and 6.2.4).</summary>
/// <param name="VendorId">Vendor.</param>
/// <param name="DeviceId">Device.</param>
/// <param name="ClassCode">Base class, subclass, programming interface; see <see cref="Spec.PciClass"/>.</param>
/// <param name="Revision">Revision.</param>
/// <param name="SubsystemVendorId">Subsystem vendor.</param>
/// <param name="SubsystemId">Subsystem.</param>
public readonly record struct PciIdentity(
    ushort VendorId,
    ushort DeviceId,
    uint ClassCode,
    byte Revision = 0,
    ushort SubsystemVendorId = 0,
    ushort SubsystemId = 0);
