using System.Text.Json.Serialization;
using Vmm.Machine.Config;

namespace Vmm.Inspect;

/// <summary>What of a machine can be looked at.</summary>
[JsonConverter(typeof(WordConverter<InspectTopic>))]
internal enum InspectTopic
{
    /// <summary>A vCPU's registers.</summary>
    Registers,

    /// <summary>Instructions, at RIP or elsewhere.</summary>
    Code,

    /// <summary>Bytes of memory.</summary>
    Memory,

    /// <summary>The way of an address through the page tables.</summary>
    Walk,

    /// <summary>Where RAM is.</summary>
    Slots,

    /// <summary>What answers at which port and address.</summary>
    Bus,

    /// <summary>PCI functions.</summary>
    Pci,

    /// <summary>Virtio queues.</summary>
    Queues,

    /// <summary>Interrupt controllers and the timer.</summary>
    Irq,

    /// <summary>What CPUID answers.</summary>
    Cpuid,

    /// <summary>Model-specific registers.</summary>
    Msrs,

    /// <summary>ACPI tables.</summary>
    Acpi,
}
