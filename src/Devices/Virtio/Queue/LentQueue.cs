using Vmm.Devices.Doorbells;

namespace Vmm.Devices.Virtio.Queue;

/// <summary>A live queue in the hands of somebody who uses its rings in the device's place.</summary>
/// <param name="Descriptors">Where the host has the descriptor table; checked, as are the others.</param>
/// <param name="Avail">Where the available ring is.</param>
/// <param name="Used">Where the used ring is.</param>
/// <param name="Size">Descriptors.</param>
/// <param name="Next">The index of the chain that comes next, in both rings: nothing is in flight.</param>
/// <param name="Doorbell">What the guest's notifications ring.</param>
public readonly record struct LentQueue(nint Descriptors, nint Avail, nint Used, uint Size, ushort Next, IDoorbellTarget Doorbell);
