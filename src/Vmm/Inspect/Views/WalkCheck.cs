using Vmm.Guest.Cpu.Paging;
using Vmm.Host;
using Vmm.Inspect.Report;
using Vmm.Kvm.State;

namespace Vmm.Inspect.Views;

/// <summary>Compares page walks with KVM's own (KVM_TRANSLATE), for many addresses.</summary>
internal static class WalkCheck
{
    private const int MostNamed = 10;

    /// <summary>The sizes that are told when no page has them, too: those of 64-bit mode.</summary>
    private static readonly ulong[] s_sizes = [1UL << 12, 1UL << 21, 1UL << 30];

    /// <summary>CR4.SMAP and RFLAGS.AC (Intel SDM 3A, 4.6).</summary>
    private const ulong PreventsUserAccess = 1UL << 21, AllowsUserAccess = 1UL << 18;

    /// <summary>Looks up random addresses twice.</summary>
    /// <exception cref="VmmException">There is no KVM to compare with.</exception>
    public static InspectReport Of(InspectedMachine machine, int vcpu, int count)
    {
        if (machine.Translate is not { } translate)
            throw InspectRules.Wrong("--check: a snapshot has no KVM to compare with: name a VM that runs or is paused");
        LinearMemory memory = machine.Linear(vcpu);
        VcpuRecord record = machine.Vcpu(vcpu);
        PageSampler sampler = new(memory, record, new Random());
        // KVM looks with a kernel's rights, which SMAP takes from it for pages of user mode.
        bool smap = (record.System.Cr4 & PreventsUserAccess) != 0 && (record.General.Rflags & AllowsUserAccess) == 0;
        int agree = 0, mapped = 0;
        SortedDictionary<ulong, int> sizes = new(s_sizes.ToDictionary(size => size, _ => 0));
        List<IReadOnlyList<InspectCell>> differ = [];
        for (int i = 0; i < count; i++)
        {
            ulong linear = sampler.Next();
            PageWalkResult ours = memory.Walk(linear);
            ulong? kvm = translate(vcpu, linear);
            if (ours.IsMapped)
            {
                mapped++;
                sizes[ours.PageSize] = sizes.GetValueOrDefault(ours.PageSize) + 1;
            }
            if (ours.IsMapped && !(smap && ours.IsUser) ? kvm == ours.Physical : kvm is null)
                agree++;
            else if (differ.Count < MostNamed)
                differ.Add([InspectCell.Hex(linear), ours.IsMapped ? InspectCell.Hex(ours.Physical) : WalkText.Fault(ours)!, kvm is ulong physical ? InspectCell.Hex(physical) : "not mapped"]);
        }
        InspectBlock result = InspectBlock.Of("check",
        [
            new("addresses", count),
            new("mapped", mapped),
            .. sizes.Select(size => new InspectField(size.Key == 0 ? "  without paging" : $"  by {WalkText.Size(size.Key)}", size.Value)),
            new("agree with KVM", agree),
        ]) with
        { Titled = false };
        return differ.Count == 0 ? InspectReport.Of(result) : InspectReport.Of(result, InspectBlock.Table("differences", ["linear", "page walk", "KVM"], differ));
    }
}
