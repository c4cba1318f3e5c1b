namespace Vmm.Devices.Pci.Spec;

/// <summary>Offsets in a type 0 configuration header (PCI Local Bus 3.0, 6.1, figure 6-1).</summary>
public static class PciRegister
{
    /// <summary>Vendor ID, 16 bits.</summary>
    public const int VendorId = 0x00;

    /// <summary>Device ID, 16 bits.</summary>
    public const int DeviceId = 0x02;

    /// <summary>Command, 16 bits; see <see cref="PciCommand"/>.</summary>
    public const int Command = 0x04;

    /// <summary>Status, 16 bits; see <see cref="PciStatus"/>.</summary>
    public const int Status = 0x06;

    /// <summary>Revision, 8 bits.</summary>
    public const int Revision = 0x08;

    /// <summary>Class code, 24 bits: programming interface, subclass, base class.</summary>
    public const int ClassCode = 0x09;

    /// <summary>Cache line size, 8 bits, for software's use only.</summary>
    public const int CacheLineSize = 0x0c;

    /// <summary>Latency timer, 8 bits, for software's use only.</summary>
    public const int LatencyTimer = 0x0d;

    /// <summary>Header type, 8 bits; bit 7 says that there are further functions.</summary>
    public const int HeaderType = 0x0e;

    /// <summary>The first of six base address registers.</summary>
    public const int Bar0 = 0x10;

    /// <summary>Base address registers in a type 0 header.</summary>
    public const int BarCount = 6;

    /// <summary>The byte after the last base address register.</summary>
    public const int BarEnd = Bar0 + BarCount * 4;

    /// <summary>Subsystem vendor ID, 16 bits.</summary>
    public const int SubsystemVendorId = 0x2c;

    /// <summary>Subsystem ID, 16 bits.</summary>
    public const int SubsystemId = 0x2e;

    /// <summary>Offset of the first capability, 8 bits.</summary>
    public const int CapabilityPointer = 0x34;

    /// <summary>Interrupt line, 8 bits: where software notes the routing.</summary>
    public const int InterruptLine = 0x3c;

    /// <summary>Interrupt pin, 8 bits: 1 is INTA#, 0 is none.</summary>
    public const int InterruptPin = 0x3d;

    /// <summary>Where the header ends and capabilities may begin.</summary>
    public const int HeaderEnd = 0x40;

    /// <summary>Configuration space that every function has.</summary>
    public const int ConventionalSize = 0x100;

    /// <summary>Configuration space of a PCI Express function (PCI Express 4.0, 7.2).</summary>
    public const int ExtendedSize = 0x1000;

    /// <summary>Devices on a bus.</summary>
    public const int DevicesPerBus = 32;

    /// <summary>Functions of a device.</summary>
    public const int FunctionsPerDevice = 8;
}
