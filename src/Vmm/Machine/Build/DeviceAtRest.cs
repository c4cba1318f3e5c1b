using Vmm.Devices.Virtio;

namespace Vmm.Machine.Build;

/// <summary>
/// Brings a device that waits for the host to rest when the machine is taken apart. Owned last and so disposed first: what
/// other threads still complete goes to interrupts and memory that exist.
/// </summary>
internal sealed class DeviceAtRest(VirtioDeviceCore core) : IDisposable
{
    /// <summary>Returns when nothing is in flight, and nothing will be.</summary>
    public void Dispose() => core.Quiesce();
}
