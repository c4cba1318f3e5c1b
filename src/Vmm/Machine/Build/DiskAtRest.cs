using Vmm.Devices.Virtio;

namespace Vmm.Machine.Build;

/// <summary>
/// Brings a disk to rest when the machine is taken apart. Owned last and so disposed first: what worker threads still
/// complete goes to interrupts and memory that exist.
/// </summary>
internal sealed class DiskAtRest(VirtioDeviceCore core) : IDisposable
{
    /// <summary>Returns when nothing is in flight, and nothing will be.</summary>
    public void Dispose() => core.Quiesce();
}
