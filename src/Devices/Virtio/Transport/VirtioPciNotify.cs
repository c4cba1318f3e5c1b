using Vmm.Devices.Bus;

namespace Vmm.Devices.Virtio.Transport;

/// <summary>The notification structure, as reached when no doorbell listens there: the address tells the queue. Virtio 1.2, 4.1.4.4.</summary>
internal sealed class VirtioPciNotify(VirtioDeviceCore core) : IBusDevice
{
    public string Name => core.Device.Name;

    /// <summary>Write-only.</summary>
    public void Read(ulong offset, Span<byte> data) => data.Clear();

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (offset % VirtioPciLayout.NotifyMultiplier == 0)
            core.Notify((uint)(offset / VirtioPciLayout.NotifyMultiplier));
    }
}
