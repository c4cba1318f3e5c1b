using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Transport;

/// <content>Saving and restoring. An edge that was given is the interrupt controller's.</content>
public sealed partial class VirtioMmio
{
    /// <inheritdoc/>
    public JsonElement SaveState() => StateJson.Write(
        new VirtioMmioState(Volatile.Read(ref _interruptStatus), _deviceFeaturesSelect, _driverFeaturesSelect, _queueSelect),
        DeviceStateJson.Default.VirtioMmioState);

    /// <inheritdoc/>
    public Action PrepareState(int version, JsonElement state)
    {
        VirtioMmioState saved = StateJson.Read(Name, state, DeviceStateJson.Default.VirtioMmioState);
        const uint causes = MmioRegisters.VIRTIO_MMIO_INT_VRING | MmioRegisters.VIRTIO_MMIO_INT_CONFIG;
        StateJson.Require((saved.InterruptStatus & ~causes) == 0, Name, $"interrupt-status 0x{saved.InterruptStatus:x} has bits that there are not");
        return () =>
        {
            Volatile.Write(ref _interruptStatus, saved.InterruptStatus);
            _deviceFeaturesSelect = saved.DeviceFeaturesSelect;
            _driverFeaturesSelect = saved.DriverFeaturesSelect;
            _queueSelect = saved.QueueSelect;
        };
    }
}
