using Vmm.Inspect.Report;

namespace Vmm.Inspect.Views;

/// <summary>What answers where.</summary>
internal static class BusView
{
    /// <summary>Ports, then addresses.</summary>
    public static InspectReport Of(InspectedMachine machine)
    {
        DeviceMap map = DeviceMap.Of(machine);
        return InspectReport.Of(Block("ports", map.Ports, 4), Block("addresses", map.Registers, 8));
    }

    private static InspectBlock Block(string name, IReadOnlyList<BusEntry> entries, int digits) => InspectBlock.Table(name, ["start", "end", "device", "answered by"],
        [.. entries.Select(entry => (IReadOnlyList<InspectCell>)[InspectCell.Hex(entry.Start, digits), InspectCell.Hex(entry.Start + (entry.Length - 1), digits), entry.Device, entry.InKernel ? "KVM" : "vmm"])]);
}
