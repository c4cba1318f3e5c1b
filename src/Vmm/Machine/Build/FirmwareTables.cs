using Vmm.Guest.Acpi;
using Vmm.Guest.Cpu;
using Vmm.Guest.Memory;

namespace Vmm.Machine.Build;

/// <summary>Tells the guest, by ACPI tables, what this machine is made of.</summary>
internal static class FirmwareTables
{
    /// <summary>Describes the machine and writes the tables into its RAM.</summary>
    /// <param name="memory">The guest's RAM.</param>
    /// <param name="topology">How the vCPUs are laid out.</param>
    /// <param name="mmio">The virtio-mmio devices.</param>
    /// <returns>Where the RSDP is.</returns>
    public static GuestAddress Write(GuestMemory memory, ProcessorTopology topology, IReadOnlyList<VirtioMmioSlot> mmio)
    {
        AcpiMachine machine = new()
        {
            ApicIds = topology.ApicIds(),
            SerialPorts = [new AcpiSerialPort(PlatformDevices.SerialPort, PlatformDevices.SerialGsi)],
            VirtioMmio = [.. mmio.Select(slot => new AcpiVirtioMmio(slot.Address, (uint)MemoryLayout.VirtioMmioStride, slot.Gsi))],
            GenerationId = new GuestAddress(MemoryLayout.GenerationIdStart),
            Pci = new AcpiPciHost { Window64Start = MemoryLayout.Pci64Start(memory.Size) },
        };
        return AcpiTables.Write(machine, memory);
    }
}
