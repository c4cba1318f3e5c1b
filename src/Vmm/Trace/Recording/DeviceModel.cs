using Vmm.Devices.Bus;
using Vmm.Devices.Pci;
using Vmm.Devices.Platform;

namespace Vmm.Trace.Recording;

/// <summary>What a device is, as a trace names it: its registers are read by that.</summary>
internal static class DeviceModel
{
    /// <summary>A 16550A.</summary>
    public const string Serial = "16550";

    /// <summary>Real-time clock and its memory.</summary>
    public const string Cmos = "cmos";

    /// <summary>The keyboard controller.</summary>
    public const string I8042 = "i8042";

    /// <summary>PCI configuration mechanism 1: ports 0xcf8 and 0xcfc.</summary>
    public const string PciConfig = "pci-config";

    /// <summary>PCI configuration space in memory.</summary>
    public const string PciEcam = "pci-ecam";

    /// <summary>The ACPI power registers.</summary>
    public const string AcpiPower = "acpi-power";

    /// <summary>The reset port.</summary>
    public const string Reset = "reset-control";

    /// <summary>A virtio device on the MMIO transport.</summary>
    public const string VirtioMmio = "virtio-mmio";

    /// <summary>The structures of a virtio device on PCI: its BAR 0.</summary>
    public const string VirtioPci = "virtio-pci";

    /// <summary>An MSI-X table and its pending bits.</summary>
    public const string Msix = "msix";

    /// <summary>Anything else.</summary>
    public const string Other = "";

    /// <summary>What a device is.</summary>
    public static string Of(IBusDevice device) => device switch
    {
        Serial16550 => Serial,
        Devices.Platform.Cmos => Cmos,
        Devices.Platform.I8042 => I8042,
        PciConfigPorts => PciConfig,
        EcamWindow => PciEcam,
        Devices.Platform.AcpiPower => AcpiPower,
        ResetControl => Reset,
        Devices.Virtio.Transport.VirtioMmio => VirtioMmio,
        MsixTable => Msix,
        // A BAR that is made of several blocks.
        AddressBus => VirtioPci,
        _ => Other,
    };
}
