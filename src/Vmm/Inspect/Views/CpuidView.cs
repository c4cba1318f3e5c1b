using Vmm.Guest.Cpu.Cpuid;
using Vmm.Inspect.Report;
using Vmm.Kvm.State;

namespace Vmm.Inspect.Views;

/// <summary>What CPUID answers to a guest, beside what the host's KVM offers.</summary>
internal static class CpuidView
{
    /// <summary>By leaf; without a host only what the guest sees.</summary>
    public static InspectReport Of(InspectedMachine machine, int vcpu)
    {
        CpuidEntry[] guest = [.. CpuidRecords.WithoutPadding(machine.Vcpu(vcpu).Cpuid).Select(e => new CpuidEntry((uint)e.Function, (uint)e.Index, (uint)e.Flags, (uint)e.Eax, (uint)e.Ebx, (uint)e.Ecx, (uint)e.Edx))];
        IReadOnlyList<CpuidEntry>? host = machine.HostCpuid?.Invoke();
        InspectBlock leaves = InspectBlock.Table("leaves", ["leaf", "sub-leaf", "eax", "ebx", "ecx", "edx", "host offers"], [.. guest.Select(entry => Row(entry, host))]) with { Titled = false };
        if (host is null)
            return InspectReport.Of(leaves);
        IReadOnlyList<string> withheld = Names(host, guest);
        IReadOnlyList<string> added = Names(guest, host);
        IReadOnlyList<IReadOnlyList<InspectCell>> hidden = [.. host.Where(entry => Find(guest, entry) is null && !IsEmpty(entry)).Select(entry => (IReadOnlyList<InspectCell>)[InspectCell.Hex(entry.Function, 8), entry.Index, .. Registers(entry)])];
        return InspectReport.Of(leaves,
            InspectBlock.Table("leaves that the guest does not see", ["leaf", "sub-leaf", "eax", "ebx", "ecx", "edx"], hidden) with { Empty = "none" },
            InspectBlock.Of("features", new InspectField("withheld", InspectCell.Of(withheld)), new InspectField("added", InspectCell.Of(added))));
    }

    private static IReadOnlyList<InspectCell> Row(CpuidEntry entry, IReadOnlyList<CpuidEntry>? host)
    {
        InspectCell offer = host is null ? "" : Find(host, entry) is not { } offered ? "nothing"
            : offered.Eax == entry.Eax && offered.Ebx == entry.Ebx && offered.Ecx == entry.Ecx && offered.Edx == entry.Edx ? "the same"
            : $"{offered.Eax:x8} {offered.Ebx:x8} {offered.Ecx:x8} {offered.Edx:x8}";
        return [InspectCell.Hex(entry.Function, 8), entry.Index, .. Registers(entry), offer];
    }

    private static IEnumerable<InspectCell> Registers(CpuidEntry e) => [InspectCell.Hex(e.Eax, 8), InspectCell.Hex(e.Ebx, 8), InspectCell.Hex(e.Ecx, 8), InspectCell.Hex(e.Edx, 8)];

    private static CpuidEntry? Find(IReadOnlyList<CpuidEntry> entries, CpuidEntry like)
    {
        foreach (CpuidEntry entry in entries)
        {
            if (entry.Function == like.Function && entry.Index == like.Index)
                return entry;
        }
        return null;
    }

    /// <summary>Features that the one list has and the other has not.</summary>
    private static List<string> Names(IReadOnlyList<CpuidEntry> has, IReadOnlyList<CpuidEntry> hasNot)
    {
        List<string> names = [];
        foreach (CpuFeatureBit bit in CpuFeatureTable.All)
        {
            if (Has(has, bit) && !Has(hasNot, bit) && !names.Contains(bit.Name))
                names.Add(bit.Name);
        }
        return names;
    }

    private static bool Has(IReadOnlyList<CpuidEntry> entries, CpuFeatureBit bit) =>
        Find(entries, new CpuidEntry(bit.Function, bit.Index, 0, 0, 0, 0, 0)) is { } entry && (entry[bit.Register] >> bit.Bit & 1) != 0;

    private static bool IsEmpty(CpuidEntry e) => (e.Eax | e.Ebx | e.Ecx | e.Edx) == 0;
}
