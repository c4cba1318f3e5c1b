using Vmm.Inspect.Report;

namespace Vmm.Inspect.Views;

/// <summary>Model-specific registers.</summary>
internal static class MsrsView
{
    private const int Digits = 16;

    /// <summary>All that KVM keeps of a vCPU, by number.</summary>
    public static InspectReport Of(InspectedMachine machine, int vcpu) => InspectReport.Of(InspectBlock.Table("msrs", ["number", "name", "value"],
        [.. machine.Vcpu(vcpu).Msr.OrderBy(msr => msr.Index).Select(msr => (IReadOnlyList<InspectCell>)[InspectCell.Hex(msr.Index, 8), MsrNames.Of(msr.Index), InspectCell.Hex(msr.Value, Digits)])])
        with
    { Titled = false });
}
