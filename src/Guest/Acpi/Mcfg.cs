namespace Vmm.Guest.Acpi;

/// <summary>Where PCI configuration space is in memory: MCFG, PCI Firmware 3.3, 4.1.2.</summary>
internal static class Mcfg
{
    private const byte Revision = 1;

    /// <summary>Appends the table.</summary>
    public static int Write(TableBuffer buffer, AcpiPciHost pci)
    {
        int start = buffer.BeginTable("MCFG"u8, Revision);
        buffer.Zeros(8);
        buffer.U64(pci.EcamStart);
        buffer.U16(0);                              // segment
        buffer.U8(0);                               // first bus
        buffer.U8((byte)(pci.Buses - 1));
        buffer.Zeros(4);
        buffer.EndTable(start);
        return start;
    }
}
