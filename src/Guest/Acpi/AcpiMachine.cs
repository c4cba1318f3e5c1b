using Vmm.Guest.Memory;

namespace Vmm.Guest.Acpi;

/// <summary>What the tables describe: the machine as its guest is to find it.</summary>
public sealed record AcpiMachine
{
    /// <summary>The APIC id of each vCPU; its place in the list is the processor's UID.</summary>
    public required IReadOnlyList<uint> ApicIds { get; init; }

    /// <summary>16550 serial ports, COM1 first.</summary>
    public IReadOnlyList<AcpiSerialPort> SerialPorts { get; init; } = [];

    /// <summary>virtio devices with the MMIO transport.</summary>
    public IReadOnlyList<AcpiVirtioMmio> VirtioMmio { get; init; } = [];

    /// <summary>The PCI host bridge; null when the machine has none.</summary>
    public AcpiPciHost? Pci { get; init; }

    /// <summary>Where the generation ID is in guest memory; null when the machine has none.</summary>
    public GuestAddress? GenerationId { get; init; }

    /// <summary>Whether there is a CMOS clock at ports 0x70 and 0x71.</summary>
    public bool HasCmosClock { get; init; } = true;

    /// <summary>
    /// Whether the guest's keyboard driver should look at ports 0x60 and 0x64. A controller that can only reset the machine
    /// is better left unmentioned: resetting needs no driver, and probing for a keyboard costs start-up time.
    /// </summary>
    public bool HasKeyboardController { get; init; }

    /// <summary>
    /// The I/O APIC pin the timer (ISA interrupt 0) is wired to. KVM's own routing, if left as it comes, uses pin 0; PCs use 2.
    /// </summary>
    public uint TimerGsi { get; init; }
}
