using System.Text.Json;

namespace Vmm.Devices.State;

/// <summary>What a virtio device holds, whatever its type: registers and queues; then its transport's part and its own.</summary>
internal sealed record VirtioState(
    byte Status,
    ulong DriverFeatures,
    bool ChoseBeyondOffer,
    uint ConfigGeneration,
    bool ConfigChanged,
    bool ChangedWhileStarting,
    VirtqueueState[] Queues,
    JsonElement Transport,
    JsonElement? Device);

/// <summary>
/// A queue: the driver's registers, and where it stands. One number tells that: nothing is in flight and everything is
/// published and signalled, so that all indices are the same.
/// </summary>
internal sealed record VirtqueueState(
    uint Size,
    ulong Descriptors,
    ulong Avail,
    ulong Used,
    bool Enabled,
    bool Stopped,
    ushort Index);

/// <summary>Virtio over MMIO.</summary>
internal sealed record VirtioMmioState(
    uint InterruptStatus,
    uint DeviceFeaturesSelect,
    uint DriverFeaturesSelect,
    uint QueueSelect);

/// <summary>Virtio over PCI, beside what is in configuration space. Detained is a device from which bus mastering was taken away.</summary>
internal sealed record VirtioPciState(
    bool Detained,
    byte Isr,
    uint DeviceFeaturesSelect,
    uint DriverFeaturesSelect,
    ushort QueueSelect,
    ushort ConfigVector,
    ushort[] QueueVectors);
