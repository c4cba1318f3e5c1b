using Vmm.Guest.Acpi.Aml;

namespace Vmm.Guest.Acpi;

/// <summary>The PCI host bridge in the DSDT, and the motherboard device that keeps ECAM reserved.</summary>
internal static class DsdtPciHost
{
    /// <summary>PCI Local Bus 3.0, 3.2.2.3.2: CONFIG_ADDRESS and CONFIG_DATA.</summary>
    private const ushort ConfigurationPort = 0xCF8;

    private const byte ConfigurationPorts = 8;
    private const int Slots = 32;
    private const int Pins = 4;

    /// <summary>Appends both devices to the open scope.</summary>
    public static void Write(AmlWriter aml, AcpiPciHost pci)
    {
        using (aml.Device("PCI0"))
        {
            aml.NameEisaId("_HID", "PNP0A08");
            aml.NameEisaId("_CID", "PNP0A03");
            aml.Name("_UID", 0UL);
            aml.Name("_SEG", 0UL);
            aml.Name("_BBN", 0UL);
            aml.Name("_CCA", 1UL);
            aml.Resources(Windows(pci));
            if (pci.IntxGsis.Count > 0)
                WriteRouting(aml, pci.IntxGsis);
            // PCI Firmware 3.3, 4.5.1: whatever the OS asks to control, it may.
            using (aml.Method("_OSC", 4))
                aml.ReturnArg3();
        }
        // PCI Firmware 3.3, 4.1.2: the ECAM range must be reserved by a motherboard device, or an OS will not use it.
        using (aml.Device("MBRD"))
        {
            aml.NameEisaId("_HID", "PNP0C02");
            aml.Name("_UID", 0UL);
            aml.Resources(new ResourceTemplate().Memory32(checked((uint)pci.EcamStart), (uint)pci.Buses << 20));
        }
    }

    private static ResourceTemplate Windows(AcpiPciHost pci)
    {
        ResourceTemplate resources = new ResourceTemplate()
            .Buses(pci.Buses)
            .Io(ConfigurationPort, ConfigurationPorts)
            .Window32(checked((uint)pci.Window32Start), checked((uint)pci.Window32Size));
        return pci.Window64Size == 0 ? resources : resources.Window64(pci.Window64Start, pci.Window64Size);
    }

    /// <summary>_PRT (ACPI 6.5, 6.2.13): slot and pin to I/O APIC pin.</summary>
    private static void WriteRouting(AmlWriter aml, IReadOnlyList<uint> gsis)
    {
        aml.Name("_PRT");
        using (aml.Package(Slots * Pins))
        {
            for (int i = 0; i < Slots * Pins; i++)
            {
                int slot = i / Pins;
                int pin = i % Pins;
                using (aml.Package(4))
                {
                    aml.Integer(((ulong)slot << 16) | 0xFFFF);
                    aml.Integer((ulong)pin);
                    aml.Integer(0);
                    aml.Integer(gsis[(slot + pin) % gsis.Count]);
                }
            }
        }
    }
}
