using Vmm.Guest.Acpi;
using Vmm.Guest.Memory;

namespace Vmm.Tests.Guest.Acpi;

/// <summary>Machines to describe.</summary>
internal static class Machines
{
    public static AcpiMachine Full(int processors) => new()
    {
        ApicIds = [.. Enumerable.Range(0, processors).Select(i => (uint)i)],
        SerialPorts = [new AcpiSerialPort(0x3F8, 4)],
        VirtioMmio = [new AcpiVirtioMmio(new GuestAddress(0xFEB0_0000), 0x1000, 5), new AcpiVirtioMmio(new GuestAddress(0xFEB0_1000), 0x1000, 6)],
        GenerationId = new GuestAddress(MemoryLayout.GenerationIdStart),
        Pci = new AcpiPciHost { Window64Start = MemoryLayout.Pci64Start(256 << 20) },
    };
}
