using Vmm.Guest.Acpi.Aml;

namespace Vmm.Guest.Acpi;

/// <summary>Differentiated system description table: the devices as ACPI machine language (ACPI 6.5, 5.2.11.1).</summary>
internal static class Dsdt
{
    /// <summary>From 2 on, integers have 64 bits.</summary>
    private const byte Revision = 2;

    private const ushort CmosPort = 0x70;
    private const ushort KeyboardDataPort = 0x60;
    private const ushort KeyboardCommandPort = 0x64;
    private const uint KeyboardGsi = 1;

    /// <summary>ACPI 6.5, 5.6.6: notification that a button was pressed.</summary>
    private const byte DeviceEvent = 0x80;

    /// <summary>Appends the table.</summary>
    public static int Write(TableBuffer buffer, AcpiMachine machine)
    {
        int start = buffer.BeginTable("DSDT"u8, Revision);
        var aml = new AmlWriter(buffer);
        WriteSoftOff(aml);
        using (aml.Scope(@"\_SB"))
        {
            for (int i = 0; i < machine.ApicIds.Count; i++)
                WriteProcessor(aml, i);
            for (int i = 0; i < machine.SerialPorts.Count; i++)
                WriteSerialPort(aml, i, machine.SerialPorts[i]);
            if (machine.HasCmosClock)
                WriteCmosClock(aml);
            if (machine.HasKeyboardController)
                WriteKeyboardController(aml);
            if (machine.Pci is { } pci)
                DsdtPciHost.Write(aml, pci);
            for (int i = 0; i < machine.VirtioMmio.Count; i++)
                WriteVirtioMmio(aml, i, machine.VirtioMmio[i]);
            WritePowerButton(aml);
            if (machine.GenerationId is { } generation)
                DsdtGeneration.Write(aml, generation);
            WriteEventDevice(aml, machine.GenerationId is not null);
        }
        buffer.EndTable(start);
        return start;
    }

    /// <summary><c>\_S5</c>: what to write to the sleep control register for soft off (7.4.2).</summary>
    private static void WriteSoftOff(AmlWriter aml)
    {
        aml.Name("_S5");
        using (aml.Package(4))
        {
            aml.Integer(AcpiHardware.SleepTypeSoftOff);
            aml.Integer(0);
            aml.Integer(0);
            aml.Integer(0);
        }
    }

    private static void WriteProcessor(AmlWriter aml, int index)
    {
        using (aml.Device($"C{index:X3}"))
        {
            aml.Name("_HID", "ACPI0007");
            aml.Name("_UID", (ulong)index);
        }
    }

    private static void WriteSerialPort(AmlWriter aml, int index, AcpiSerialPort serial)
    {
        using (aml.Device($"COM{index + 1}"))
        {
            aml.NameEisaId("_HID", "PNP0501");
            aml.Name("_UID", (ulong)index + 1);
            aml.Name("_DDN", $"COM{index + 1}");
            aml.Resources(new ResourceTemplate().Io(serial.Port, 8).Interrupt(serial.Gsi));
        }
    }

    /// <summary>Without an interrupt: the clock gives the time, it does not wake anyone.</summary>
    private static void WriteCmosClock(AmlWriter aml)
    {
        using (aml.Device("RTC"))
        {
            aml.NameEisaId("_HID", "PNP0B00");
            aml.Resources(new ResourceTemplate().Io(CmosPort, 2));
        }
    }

    private static void WriteKeyboardController(AmlWriter aml)
    {
        using (aml.Device("KBD"))
        {
            aml.NameEisaId("_HID", "PNP0303");
            aml.Resources(new ResourceTemplate().Io(KeyboardDataPort, 1).Io(KeyboardCommandPort, 1).Interrupt(KeyboardGsi));
        }
    }

    private static void WriteVirtioMmio(AmlWriter aml, int index, AcpiVirtioMmio device)
    {
        using (aml.Device($"VR{index:X2}"))
        {
            aml.Name("_HID", "LNRO0005");
            aml.Name("_UID", (ulong)index);
            aml.Name("_CCA", 1);
            aml.Resources(new ResourceTemplate().Memory32(checked((uint)device.Address.Value), device.Size).Interrupt(device.Gsi));
        }
    }

    private static void WritePowerButton(AmlWriter aml)
    {
        using (aml.Device("PWRB"))
        {
            aml.NameEisaId("_HID", "PNP0C0C");
            aml.Name("_UID", 0UL);
        }
    }

    /// <summary>The generic event device (5.6.9): its interrupt runs _EVT, which reads what happened and tells the devices concerned.</summary>
    private static void WriteEventDevice(AmlWriter aml, bool hasGeneration)
    {
        using (aml.Device("GED"))
        {
            aml.Name("_HID", "ACPI0013");
            aml.Name("_UID", 0UL);
            aml.Resources(new ResourceTemplate().Interrupt(AcpiHardware.EventGsi));
            aml.IoByteField("EVTR", AcpiHardware.EventStatusPort, 1, "EVTS");
            using (aml.Method("_EVT", 1))
            {
                aml.StoreToLocal0("EVTS");
                using (aml.IfLocal0Has(AcpiHardware.EventPowerButton))
                    aml.Notify(@"\_SB.PWRB", DeviceEvent);
                if (hasGeneration)
                    DsdtGeneration.WriteEvent(aml);
            }
        }
    }
}
