using Vmm.Devices.Bus;

namespace Vmm.Devices.Virtio.Transport;

/// <summary>The device's own configuration structure. Virtio 1.2, 4.1.4.6.</summary>
internal sealed class VirtioPciDeviceConfig(VirtioDeviceCore core) : IBusDevice
{
    public string Name => core.Device.Name;

    public void Read(ulong offset, Span<byte> data) => core.ReadConfig(offset, data);

    public void Write(ulong offset, ReadOnlySpan<byte> data) => core.WriteConfig(offset, data);
}
