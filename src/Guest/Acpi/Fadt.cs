namespace Vmm.Guest.Acpi;

/// <summary>Fixed ACPI description table, ACPI 6.5, 5.2.9: a hardware-reduced machine.</summary>
internal static class Fadt
{
    private const byte Revision = 6;
    private const byte MinorRevision = 5;
    private const int Length = 276;

    // Flags, ACPI 6.5, table 5.10
    private const uint Wbinvd = 1 << 0;
    private const uint ProcC1 = 1 << 2;
    private const uint PowerButtonIsDevice = 1 << 4;
    private const uint SleepButtonIsDevice = 1 << 5;
    private const uint RtcWakesNot = 1 << 6;
    private const uint ResetRegisterSupported = 1 << 10;
    private const uint HardwareReduced = 1 << 20;

    // IA-PC boot architecture flags, ACPI 6.5, table 5.11
    private const ushort LegacyDevices = 1 << 0;
    private const ushort Has8042 = 1 << 1;
    private const ushort VgaNotPresent = 1 << 2;
    private const ushort NoAspm = 1 << 4;
    private const ushort CmosClockNotPresent = 1 << 5;

    /// <summary>Appends the table.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="machine">Which legacy devices there are.</param>
    /// <param name="dsdt">Guest address of the DSDT.</param>
    public static int Write(TableBuffer buffer, AcpiMachine machine, ulong dsdt)
    {
        int start = buffer.BeginTable("FACP"u8, Revision);
        buffer.U32(0);                              // FIRMWARE_CTRL: no FACS on hardware-reduced machines
        buffer.U32(dsdt <= uint.MaxValue ? (uint)dsdt : 0);
        buffer.U8(0);                               // reserved
        buffer.U8(0);                               // Preferred_PM_Profile: unspecified
        Pad(buffer, start, 109);                    // SCI_INT … CENTURY: none of the fixed hardware exists
        buffer.U16(BootFlags(machine));
        buffer.U8(0);                               // reserved
        buffer.U32(Wbinvd | ProcC1 | PowerButtonIsDevice | SleepButtonIsDevice | RtcWakesNot | ResetRegisterSupported | HardwareReduced);
        buffer.IoRegister(AcpiHardware.ResetPort);
        buffer.U8(AcpiHardware.ResetValue);
        buffer.U16(0);                              // ARM_BOOT_ARCH
        buffer.U8(MinorRevision);
        buffer.U64(0);                              // X_FIRMWARE_CTRL
        buffer.U64(dsdt);
        Pad(buffer, start, 244);                    // X_PM1a_EVT_BLK … X_GPE1_BLK
        buffer.IoRegister(AcpiHardware.SleepControlPort);
        buffer.IoRegister(AcpiHardware.SleepStatusPort);
        Pad(buffer, start, Length);                 // hypervisor vendor identity
        buffer.EndTable(start);
        return start;
    }

    private static ushort BootFlags(AcpiMachine machine) => (ushort)(
        LegacyDevices | VgaNotPresent | NoAspm
        | (machine.HasKeyboardController ? Has8042 : 0)
        | (machine.HasCmosClock ? 0 : CmosClockNotPresent));

    private static void Pad(TableBuffer buffer, int start, int offset) => buffer.Zeros(offset - (buffer.Length - start));
}
