using Vmm.Guest.Cpu.Paging;
using Vmm.Inspect.Report;
using Vmm.Kvm.State;

namespace Vmm.Inspect.Views;

/// <summary>The way of a linear address through the page tables to a guest-physical one, and on to where its byte is.</summary>
internal static class WalkView
{
    private const int Digits = 16;

    /// <summary>Follows an address. One that leads nowhere is an answer, too.</summary>
    public static InspectReport Of(InspectedMachine machine, InspectRequest request)
    {
        VcpuRecord vcpu = machine.Vcpu(request.Vcpu);
        PageWalkResult walk = machine.Linear(request.Vcpu).Walk(Addresses.Parse(request.Where!, vcpu));
        return InspectReport.Of(
            InspectBlock.Of("walk", new InspectField("linear", InspectCell.Hex(walk.Linear)), new InspectField("paging", WalkText.Mode(walk.Mode)), new InspectField("cr3", InspectCell.Hex(vcpu.System.Cr3))) with { Titled = false },
            Levels(walk),
            InspectBlock.Of("result", Result(machine, walk)) with { Titled = false });
    }

    /// <summary>The entries on the way.</summary>
    public static InspectBlock Levels(PageWalkResult walk) => InspectBlock.Table("levels", ["level", "index", "at", "entry", "flags"],
        [.. walk.Steps.Select(step => (IReadOnlyList<InspectCell>)[step.Level.ToString(), step.Index, InspectCell.Hex(step.Address), InspectCell.Hex(step.Value, Digits), InspectCell.Of(step.Flags)])])
        with
    { Titled = false, Empty = "" };

    private static List<InspectField> Result(InspectedMachine machine, PageWalkResult walk)
    {
        if (WalkText.Fault(walk) is { } fault)
            return [new("not mapped", fault)];
        List<InspectField> fields = [new("physical", InspectCell.Hex(walk.Physical))];
        if (walk.PageSize != 0)
        {
            fields.Add(new("page", WalkText.Size(walk.PageSize)));
            fields.Add(new("rights", InspectCell.Of(WalkText.Rights(walk))));
        }
        if (machine.SlotOf(walk.Physical) is { } slot)
        {
            fields.Add(new("slot", slot.Number));
            fields.Add(new(machine.PlaceName, InspectCell.Hex(slot.PlaceOf(walk.Physical))));
        }
        else
        {
            fields.Add(new("slot", "none: it is no RAM"));
            if (DeviceMap.Of(machine).At(walk.Physical) is { } device)
                fields.Add(new("device", device.Device));
        }
        return fields;
    }
}
