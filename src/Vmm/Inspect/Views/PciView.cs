using Vmm.Devices.Pci.Spec;
using Vmm.Devices.Virtio.Spec;
using Vmm.Inspect.Report;

namespace Vmm.Inspect.Views;

/// <summary>PCI bus 0: functions, BARs, capabilities, MSI-X vectors.</summary>
internal static class PciView
{
    /// <summary>All functions.</summary>
    public static InspectReport Of(InspectedMachine machine)
    {
        IReadOnlyList<PciFacts> functions = PciFacts.All(machine);
        return InspectReport.Of(
            InspectBlock.Table("functions", ["address", "name", "id", "class", "what", "command", "interrupts"], [.. functions.Select(Function)]),
            InspectBlock.Table("BARs", ["address", "name", "BAR", "at", "bytes", "width"],
                [.. functions.SelectMany(f => f.Bars.Select(bar => (IReadOnlyList<InspectCell>)[Address(f), f.Name, bar.Index, InspectCell.Hex(bar.Address), InspectCell.Hex(bar.Size), bar.Is64 ? "64-bit" : "32-bit"]))])
                with
            { Empty = "none" },
            InspectBlock.Table("capabilities", ["address", "name", "offset", "capability"],
                [.. functions.SelectMany(f => f.Capabilities.Select(capability => (IReadOnlyList<InspectCell>)[Address(f), f.Name, InspectCell.Hex((ulong)capability.Offset), capability.What]))])
                with
            { Empty = "none" },
            InspectBlock.Table("MSI-X vectors", ["address", "name", "vector", "message address", "data", "destination", "state"],
                [.. functions.SelectMany(f => f.Vectors.Select(vector => (IReadOnlyList<InspectCell>)[Address(f), f.Name, vector.Vector, InspectCell.Hex(vector.Address), InspectCell.Hex(vector.Data), Message(vector.Address, vector.Data), State(vector.Masked, vector.Pending)]))])
                with
            { Empty = "none" });
    }

    private static IReadOnlyList<InspectCell> Function(PciFacts f) =>
    [
        Address(f), f.Name, $"{f.Vendor:x4}:{f.DeviceId:x4}", InspectCell.Hex(f.Class, 6), What(f), InspectCell.Of(Command(f.Command)),
        f.MsixState is { } msix ? $"MSI-X {msix}" : f.Pin == 0 ? "none" : "INTx",
    ];

    private static string Address(PciFacts function) => $"00:{function.Device:x2}.0";

    private static string What(PciFacts f) => f.Vendor == PciRegisters.VendorId && f.DeviceId > PciRegisters.DeviceIdBase
        ? (f.DeviceId - PciRegisters.DeviceIdBase) switch
        {
            DeviceIds.VIRTIO_ID_NET => "virtio network card",
            DeviceIds.VIRTIO_ID_BLOCK => "virtio disk",
            DeviceIds.VIRTIO_ID_CONSOLE => "virtio console",
            DeviceIds.VIRTIO_ID_RNG => "virtio entropy source",
            DeviceIds.VIRTIO_ID_BALLOON => "virtio balloon",
            DeviceIds.VIRTIO_ID_VSOCK => "virtio sockets",
            int type => $"virtio device of type {type}",
        }
        : f.Class == PciClass.HostBridge ? "host bridge" : "";

    private static List<string> Command(ushort command)
    {
        List<string> set = [];
        (ushort Bit, string Name)[] names = [(PciCommand.IoSpace, "ports"), (PciCommand.MemorySpace, "memory"), (PciCommand.BusMaster, "bus-master"), (PciCommand.InterruptDisable, "no-INTx")];
        set.AddRange(names.Where(name => (command & name.Bit) != 0).Select(name => name.Name));
        return set;
    }

    /// <summary>A message to a local APIC (Intel SDM 3A, 11.11): destination in address bits 19 to 12, vector in data bits 7 to 0.</summary>
    private static string Message(ulong address, uint data) =>
        address >> 20 == 0xfee ? $"vector 0x{data & 0xff:x2} to APIC {address >> 12 & 0xff}" : "nowhere";

    private static string State(bool masked, bool pending) => (masked ? "masked" : "open") + (pending ? ", pending" : "");
}
