using Vmm.Kvm.Abi;

namespace Vmm.Kvm.State;

/// <summary>A vCPU's CPUID table on its way between KVM and a state.</summary>
internal static class CpuidRecords
{
    /// <summary>What CPUID answers, as a state has it.</summary>
    public static List<CpuidRecord> Of(KvmVcpu vcpu) =>
        [.. vcpu.GetCpuid().Select(e => new CpuidRecord(e.function, e.index, e.flags, e.eax, e.ebx, e.ecx, e.edx))];

    /// <summary>Has a vCPU answer so. Where it does already, as that of a machine that was built alike, KVM is not told again: it takes long over it.</summary>
    public static void Set(KvmVcpu vcpu, IReadOnlyList<CpuidRecord> table)
    {
        if (!WithoutPadding(table).SequenceEqual(Of(vcpu)))
            vcpu.SetCpuid(ForKvm(table));
    }

    /// <summary>As KVM takes it.</summary>
    public static kvm_cpuid_entry2[] ForKvm(IReadOnlyList<CpuidRecord> table) => [.. WithoutPadding(table).Select(e => new kvm_cpuid_entry2
    {
        function = (uint)e.Function,
        index = (uint)e.Index,
        flags = (uint)e.Flags,
        eax = (uint)e.Eax,
        ebx = (uint)e.Ebx,
        ecx = (uint)e.Ecx,
        edx = (uint)e.Edx,
    })];

    /// <summary>
    /// Without what an earlier vmm wrote behind the last entry: up to 256 of them, all zero. No processor answers leaf 0 so, and KVM looks
    /// through all that it is given each time a guest asks.
    /// </summary>
    public static IEnumerable<CpuidRecord> WithoutPadding(IReadOnlyList<CpuidRecord> table)
    {
        int count = table.Count;
        while (count > 0 && table[count - 1] is { Function: 0, Index: 0, Flags: 0, Eax: 0, Ebx: 0, Ecx: 0, Edx: 0 })
            count--;
        return table.Take(count);
    }
}
