using Vmm.Inspect.Report;

namespace Vmm.Inspect;

/// <summary>What a FADT says of the machine, in words (ACPI 6.5, 5.2.9).</summary>
internal static class FadtFields
{
    private const int BootFlagsAt = 109, FlagsAt = 112, ResetRegisterAt = 116, ResetValueAt = 128, SleepControlAt = 244, SleepStatusAt = 256;

    /// <summary>A generic address (5.2.3.2): its space, and 4 bytes on the address.</summary>
    private const int AddressInRegister = 4;
    private const byte SystemMemory = 0, SystemIo = 1;

    private const int ResetRegisterSupported = 10, HardwareReduced = 20;

    // Tables 5.10 and 5.11; bit by bit.
    private static readonly string[] s_flags =
    [
        "WBINVD", "WBINVD_FLUSH", "PROC_C1", "P_LVL2_UP", "PWR_BUTTON", "SLP_BUTTON", "FIX_RTC", "RTC_S4", "TMR_VAL_EXT", "DCK_CAP", "RESET_REG_SUP",
        "SEALED_CASE", "HEADLESS", "CPU_SW_SLP", "PCI_EXP_WAK", "USE_PLATFORM_CLOCK", "S4_RTC_STS_VALID", "REMOTE_POWER_ON_CAPABLE",
        "FORCE_APIC_CLUSTER_MODEL", "FORCE_APIC_PHYSICAL_DESTINATION_MODE", "HW_REDUCED_ACPI", "LOW_POWER_S0_IDLE_CAPABLE",
    ];

    private static readonly string[] s_bootFlags = ["LEGACY_DEVICES", "8042", "no VGA", "no MSI", "no PCIe ASPM", "no CMOS RTC"];

    /// <summary>Its facts, in the order of the table.</summary>
    public static IReadOnlyList<InspectField> Of(AcpiTable fadt)
    {
        uint flags = fadt.U32(FlagsAt);
        return
        [
            new("boot architecture", Names(s_bootFlags, fadt.U32(BootFlagsAt) & ushort.MaxValue)),
            new("flags", Names(s_flags, flags)),
            new("hardware-reduced", (flags >> HardwareReduced & 1) != 0 ? "yes" : "no"),
            new("reset register", (flags >> ResetRegisterSupported & 1) != 0 ? $"{Register(fadt, ResetRegisterAt)}, value 0x{fadt.U32(ResetValueAt) & byte.MaxValue:x2}" : "none"),
            new("sleep control", Register(fadt, SleepControlAt)),
            new("sleep status", Register(fadt, SleepStatusAt)),
        ];
    }

    private static string Names(string[] names, uint bits)
    {
        List<string> set = [];
        for (int bit = 0; bit < 8 * sizeof(uint); bit++)
        {
            if ((bits >> bit & 1) != 0)
                set.Add(bit < names.Length ? names[bit] : $"bit {bit}");
        }
        return set.Count == 0 ? "none" : string.Join(", ", set);
    }

    private static string Register(AcpiTable fadt, int at)
    {
        ulong address = fadt.U64(at + AddressInRegister);
        return address == 0 ? "none" : (byte)fadt.U32(at) switch
        {
            SystemMemory => $"memory 0x{address:x}",
            SystemIo => $"port 0x{address:x}",
            byte space => $"0x{address:x} in the address space {space}",
        };
    }
}
