using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>How virtio devices are attached to the machine.</summary>
[JsonConverter(typeof(WordConverter<VirtioTransport>))]
internal enum VirtioTransport
{
    /// <summary>Modern virtio over PCI, with MSI-X.</summary>
    Pci,

    /// <summary>Virtio over MMIO, found through ACPI.</summary>
    Mmio,
}
