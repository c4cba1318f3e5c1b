using Vmm.Devices.Pci;
using Vmm.Devices.Pci.Spec;
using Vmm.Guest.Memory;
using Vmm.Machine.Build;
using Vmm.Machine.Config;

namespace Vmm.Inspect;

/// <summary>What answers at which port and at which address, KVM's own devices among it.</summary>
/// <param name="Ports">I/O ports, in ascending order.</param>
/// <param name="Registers">Addresses, in ascending order.</param>
internal sealed record DeviceMap(IReadOnlyList<BusEntry> Ports, IReadOnlyList<BusEntry> Registers)
{
    /// <summary>Interrupt controllers and the interval timer, where a PC has them (linux: arch/x86/kvm/i8259.c, i8254.c).</summary>
    private static readonly BusEntry[] s_kernelPorts =
    [
        new(0x20, 2, "pic-master", InKernel: true), new(0x40, 4, "interval-timer", InKernel: true), new(0x61, 1, "speaker-port", InKernel: true),
        new(0xa0, 2, "pic-slave", InKernel: true), new(0x4d0, 2, "pic-trigger-modes", InKernel: true),
    ];

    private static readonly BusEntry[] s_kernelRegisters =
    [
        new(MemoryLayout.IoApicStart, MemoryLayout.PageSize, "io-apic", InKernel: true), new(MemoryLayout.LocalApicStart, MemoryLayout.PageSize, "local-apic", InKernel: true),
    ];

    /// <summary>That of a machine. A living one's is what its buses have; a snapshot's follows from the registers that it saved.</summary>
    public static DeviceMap Of(InspectedMachine machine) => new(
        [.. (machine.Ports ?? PlatformDevices.PortMap).Concat(s_kernelPorts).OrderBy(entry => entry.Start)],
        [.. (machine.Registers ?? FromState(machine)).Concat(s_kernelRegisters).OrderBy(entry => entry.Start)]);

    /// <summary>Who answers at a guest-physical address; null for nobody.</summary>
    public BusEntry? At(ulong address) => Registers.FirstOrDefault(entry => address >= entry.Start && address - entry.Start < entry.Length);

    private static IEnumerable<BusEntry> FromState(InspectedMachine machine)
    {
        yield return new(MemoryLayout.EcamStart, MemoryLayout.EcamSize, PlatformDevices.EcamName);
        if (machine.Config.Transport == VirtioTransport.Mmio)
        {
            IReadOnlyList<VirtioSection> devices = VirtioSection.All(machine);
            for (int i = 0; i < Math.Min(devices.Count, VirtioMmioSlot.Count); i++)
                yield return new(VirtioMmioSlot.Of(i).Address.Value, MemoryLayout.VirtioMmioStride, devices[i].Name);
        }
        foreach (PciFacts function in PciFacts.All(machine).Where(function => (function.Command & PciCommand.MemorySpace) != 0))
        {
            foreach ((int bar, ulong address, ulong size, bool _) in function.Bars.Where(bar => bar.Size != 0))
                yield return new(address, size, bar == function.MsixBar ? MsixTable.NameOf(function.Name) : function.Name);
        }
    }
}
