using Vmm.Host;
using Vmm.Inspect.Report;

namespace Vmm.Inspect.Views;

/// <summary>The ACPI tables that the guest finds.</summary>
internal static class AcpiView
{
    /// <summary>From the RSDP on; what the first FADT, MADT and MCFG say in words, and the devices of the DSDT.</summary>
    /// <exception cref="VmmException">There is no RSDP: the guest has overwritten it, or never had one.</exception>
    public static InspectReport Of(InspectedMachine machine)
    {
        ulong rsdp = AcpiSearch.FindRsdp(machine.Read)
            ?? throw new VmmException("there are no ACPI tables: no RSDP is between 0xe0000 and 0xfffff, or its sum is wrong; the guest may have written over it");
        IReadOnlyList<(ulong Address, AcpiTable? Table)> tables = AcpiSearch.Tables(machine.Read, rsdp);
        AcpiTable? First(string signature) => tables.FirstOrDefault(table => table.Table?.Signature == signature).Table;
        InspectBlock Words(string name, IEnumerable<string> entries) =>
            InspectBlock.Table(name, ["entry"], [.. entries.Select(entry => (IReadOnlyList<InspectCell>)[entry])]) with { Headed = false, Empty = "none" };
        return InspectReport.Of(
            InspectBlock.Of("rsdp", new InspectField("RSDP", InspectCell.Hex(rsdp))) with { Titled = false },
            InspectBlock.Table("tables", ["signature", "at", "bytes", "revision", "made by", "sum"], [.. tables.Select(Row)]),
            Words("MADT", First("APIC") is { } madt ? MadtEntries.Of(madt) : []),
            InspectBlock.Of("FADT", First("FACP") is { } fadt ? FadtFields.Of(fadt) : []),
            Words("MCFG", First("MCFG") is { } mcfg ? McfgEntries.Of(mcfg) : []),
            InspectBlock.Table("DSDT", ["device", "_HID"], First("DSDT") is { } dsdt ? [.. AmlDevices.Of(dsdt).Select(device => (IReadOnlyList<InspectCell>)[device.Name, device.HardwareId ?? InspectCell.None])] : [])
                with
            { Empty = "no devices" });
    }

    private static IReadOnlyList<InspectCell> Row((ulong Address, AcpiTable? Table) found) => found.Table is { } table
        ? [table.Signature, InspectCell.Hex(table.Address), table.Content.Length, table.Revision, table.Oem, table.IsWhole ? "right" : "wrong"]
        : ["?", InspectCell.Hex(found.Address), InspectCell.None, InspectCell.None, InspectCell.None, "cannot be read"];
}
