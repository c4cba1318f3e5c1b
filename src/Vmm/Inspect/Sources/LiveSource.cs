using Vmm.Devices.Bus;
using Vmm.Guest.Memory;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Snapshot;

namespace Vmm.Inspect.Sources;

/// <summary>A machine of this process, to be looked at while it is held.</summary>
internal static class LiveSource
{
    /// <summary>Takes its state, as a snapshot would.</summary>
    /// <param name="vm">The machine.</param>
    /// <param name="held">That holds it, for as long as it is looked at.</param>
    /// <param name="config">Its description.</param>
    public static InspectedMachine Of(MicroVm vm, HeldMachine held, MachineConfig config) => new(held.SaveState())
    {
        Config = config,
        Read = (address, destination) => vm.Ram.Memory.TryRead(new GuestAddress(address), destination),
        Slots = [.. Slots(vm.Ram.Memory)],
        PlaceName = "host address",
        Ports = Entries(vm.Ports),
        Registers = Entries(vm.Registers),
        HostCpuid = () => vm.Offer.Cpuid,
        Translate = (vcpu, linear) => vm.Vcpus[vcpu].TryTranslate(linear, out GuestAddress physical) ? physical.Value : null,
    };

    /// <summary>As the machine's builder gave them to KVM.</summary>
    private static IEnumerable<MemorySlot> Slots(GuestMemory memory)
    {
        int number = 0;
        foreach (MemoryRegion region in memory.Regions.ToArray())
            yield return new MemorySlot(number++, region.Start.Value, region.Size, (ulong)region.HostBase);
    }

    private static BusEntry[] Entries(AddressBus bus) => Array.ConvertAll(bus.Ranges.ToArray(), range => new BusEntry(range.Start, range.Length, range.Device.Name));
}
