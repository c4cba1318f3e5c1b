using Vmm.Devices.Pci.Spec;

namespace Vmm.Trace.Meaning;

/// <summary>The header of a PCI function's configuration space, by name (PCI 3.0, 6.1).</summary>
internal static class PciFields
{
    private static readonly (int At, string Name)[] s_header =
    [
        (PciRegister.VendorId, "vendor id"), (PciRegister.DeviceId, "device id"), (PciRegister.Command, "command"), (PciRegister.Status, "status"),
        (PciRegister.Revision, "revision"), (PciRegister.ClassCode, "class code"), (PciRegister.CacheLineSize, "cache line size"),
        (PciRegister.LatencyTimer, "latency timer"), (PciRegister.HeaderType, "header type"), (PciRegister.HeaderType + 1, "BIST"),
        (PciRegister.Bar0, "BAR 0"), (PciRegister.Bar0 + 4, "BAR 1"), (PciRegister.Bar0 + 8, "BAR 2"), (PciRegister.Bar0 + 12, "BAR 3"),
        (PciRegister.Bar0 + 16, "BAR 4"), (PciRegister.Bar0 + 20, "BAR 5"), (PciRegister.BarEnd, "CardBus pointer"),
        (PciRegister.SubsystemVendorId, "subsystem vendor id"), (PciRegister.SubsystemId, "subsystem id"), (0x30, "expansion ROM"),
        (PciRegister.CapabilityPointer, "capability pointer"), (PciRegister.CapabilityPointer + 1, "reserved"),
        (PciRegister.InterruptLine, "interrupt line"), (PciRegister.InterruptPin, "interrupt pin"), (0x3e, "minimum grant"), (0x3f, "maximum latency"),
    ];

    /// <summary>What an access to a function's configuration space was.</summary>
    /// <param name="function">Bus, device and function, 8, 5 and 3 bits.</param>
    /// <param name="register">Its place there, in bytes.</param>
    /// <param name="size">Bytes accessed.</param>
    /// <param name="value">Read or written.</param>
    /// <param name="write">Which of them.</param>
    public static RegisterMeaning Read(int function, int register, int size, ulong value, bool write)
    {
        string where = $"{function >> 8:x2}:{function >> 3 & 0x1f:x2}.{function & 7}";
        if (register >= PciRegister.HeaderEnd)
            return new($"{where} +0x{register:x2}", register < PciRegister.ConventionalSize ? "capability" : "extended capability");
        (int at, string name) = s_header.Last(field => field.At <= register);
        return new($"{where} {name}", Meaning(at, size, value, write));
    }

    private static string Meaning(int at, int size, ulong value, bool write) => at switch
    {
        PciRegister.VendorId when !write && (ushort)value == ushort.MaxValue => "nobody there",
        PciRegister.VendorId when size == sizeof(uint) => $"{value & 0xffff:x4}:{value >> 16 & 0xffff:x4}",
        PciRegister.Command => BitNames.Of(value & 0xffff, "io", "memory", "bus-master", "", "", "", "", "", "", "", "no-intx"),
        >= PciRegister.Bar0 and < PciRegister.BarEnd when write && (uint)value == uint.MaxValue => "what size?",
        _ => "",
    };
}
