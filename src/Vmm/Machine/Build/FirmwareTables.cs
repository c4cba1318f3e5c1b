using Vmm.Guest.Acpi;
using Vmm.Guest.Memory;

namespace Vmm.Machine.Build;

/// <summary>Tells the guest, by ACPI tables, what this machine is made of.</summary>
internal static class FirmwareTables
{
    /// <summary>Describes the machine and writes the tables into its RAM.</summary>
    /// <param name="memory">The guest's RAM.</param>
    /// <param name="vcpus">How many vCPUs; a vCPU's number is its APIC id.</param>
    /// <param name="mmio">The virtio-mmio devices.</param>
    /// <returns>Where the RSDP is.</returns>
    public static GuestAddress Write(GuestMemory memory, int vcpus, IReadOnlyList<VirtioMmioSlot> mmio)
    {
        uint[] apicIds = new uint[vcpus];
        for (uint i = 0; i < vcpus; i++)
            apicIds[i] = i;
        AcpiMachine machine = new()
        {
            ApicIds = apicIds,
            SerialPorts = [new AcpiSerialPort(PlatformDevices.SerialPort, PlatformDevices.SerialGsi)],
            VirtioMmio = [.. mmio.Select(slot => new AcpiVirtioMmio(slot.Address, (uint)MemoryLayout.VirtioMmioStride, slot.Gsi))],
            Pci = new AcpiPciHost { Window64Start = MemoryLayout.Pci64Start(memory.Size) },
        };
        return AcpiTables.Write(machine, memory);
    }
}
