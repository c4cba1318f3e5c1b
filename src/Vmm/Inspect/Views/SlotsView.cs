using Vmm.Inspect.Report;

namespace Vmm.Inspect.Views;

/// <summary>Where the guest's RAM is.</summary>
internal static class SlotsView
{
    /// <summary>All slots.</summary>
    public static InspectReport Of(InspectedMachine machine) => InspectReport.Of(
        InspectBlock.Table("slots", ["slot", "start", "end", "bytes", machine.PlaceName],
            [.. machine.Slots.Select(slot => (IReadOnlyList<InspectCell>)[slot.Number, InspectCell.Hex(slot.Start), InspectCell.Hex(slot.Start + (slot.Size - 1)), (long)slot.Size, InspectCell.Hex(slot.Place)])])
        with
        { Titled = false });
}
