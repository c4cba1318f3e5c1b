using Vmm.Devices.Doorbells;
using Vmm.Guest.Memory;

namespace Vmm.Devices.Virtio.Transport;

/// <summary>The doorbells that a transport has attached for its queues. Used under the device's lock.</summary>
/// <param name="host">The device's event thread.</param>
/// <param name="core">The device.</param>
internal sealed class QueueDoorbells(IDoorbellHost host, VirtioDeviceCore core)
{
    private readonly IDisposable?[] _attached = new IDisposable?[core.QueueCount];

    /// <summary>Listens for one queue. Where the host refuses, the trapped write does the same.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="address">Where the driver writes.</param>
    /// <param name="length">Width of the write; 0 for any.</param>
    /// <param name="match">The value that is for this queue; null for any.</param>
    public void Attach(int queue, GuestAddress address, int length, ulong? match) =>
        _attached[queue] ??= host.Attach(address, length, match, core.Doorbell(queue));

    /// <summary>Stops listening.</summary>
    public void DetachAll()
    {
        foreach (ref IDisposable? doorbell in _attached.AsSpan())
        {
            doorbell?.Dispose();
            doorbell = null;
        }
    }
}
