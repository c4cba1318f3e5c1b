using Vmm.Devices.Virtio.Spec;
using Vmm.Trace.Format;

namespace Vmm.Trace.Meaning;

/// <summary>A virtio device on the MMIO transport (Virtio 1.2, 4.2.2).</summary>
/// <param name="recorded">Which exits are in the trace.</param>
/// <param name="initial">What a selector holds when the trace begins; null when that is not known.</param>
internal sealed class VirtioMmioRegisters(ExitFilter recorded, ulong? initial) : IRegisterNames
{
    private readonly Selection _deviceWindow = new(recorded, MmioRegisters.VIRTIO_MMIO_DEVICE_FEATURES_SEL, initial);
    private readonly Selection _driverWindow = new(recorded, MmioRegisters.VIRTIO_MMIO_DRIVER_FEATURES_SEL, initial);

    /// <inheritdoc/>
    public RegisterMeaning? Read(TracedExit exit)
    {
        ulong value = exit.Value;
        switch (exit.Offset)
        {
            case MmioRegisters.VIRTIO_MMIO_MAGIC_VALUE: return new("MagicValue", value == MmioRegisters.Magic ? "\"virt\"" : "");
            case MmioRegisters.VIRTIO_MMIO_VERSION: return new("Version");
            case MmioRegisters.VIRTIO_MMIO_DEVICE_ID: return new("DeviceID");
            case MmioRegisters.VIRTIO_MMIO_VENDOR_ID: return new("VendorID");
            case MmioRegisters.VIRTIO_MMIO_DEVICE_FEATURES: return new("DeviceFeatures", VirtioStatus.Features(value, _deviceWindow.At(exit)));
            case MmioRegisters.VIRTIO_MMIO_DEVICE_FEATURES_SEL:
                _deviceWindow.Set(value);
                return new("DeviceFeaturesSel");
            case MmioRegisters.VIRTIO_MMIO_DRIVER_FEATURES: return new("DriverFeatures", VirtioStatus.Features(value, _driverWindow.At(exit)));
            case MmioRegisters.VIRTIO_MMIO_DRIVER_FEATURES_SEL:
                _driverWindow.Set(value);
                return new("DriverFeaturesSel");
            case MmioRegisters.VIRTIO_MMIO_QUEUE_SEL: return new("QueueSel");
            case MmioRegisters.VIRTIO_MMIO_QUEUE_NUM_MAX: return new("QueueNumMax");
            case MmioRegisters.VIRTIO_MMIO_QUEUE_NUM: return new("QueueNum");
            case MmioRegisters.VIRTIO_MMIO_QUEUE_READY: return new("QueueReady");
            case MmioRegisters.VIRTIO_MMIO_QUEUE_NOTIFY: return new("QueueNotify", $"queue {value}");
            case MmioRegisters.VIRTIO_MMIO_INTERRUPT_STATUS: return new("InterruptStatus", VirtioStatus.Interrupt(value));
            case MmioRegisters.VIRTIO_MMIO_INTERRUPT_ACK: return new("InterruptACK", VirtioStatus.Interrupt(value));
            case MmioRegisters.VIRTIO_MMIO_STATUS: return new("Status", VirtioStatus.Text(value));
            case MmioRegisters.VIRTIO_MMIO_QUEUE_DESC_LOW: return new("QueueDescLow");
            case MmioRegisters.VIRTIO_MMIO_QUEUE_DESC_HIGH: return new("QueueDescHigh");
            case MmioRegisters.VIRTIO_MMIO_QUEUE_AVAIL_LOW: return new("QueueDriverLow");
            case MmioRegisters.VIRTIO_MMIO_QUEUE_AVAIL_HIGH: return new("QueueDriverHigh");
            case MmioRegisters.VIRTIO_MMIO_QUEUE_USED_LOW: return new("QueueDeviceLow");
            case MmioRegisters.VIRTIO_MMIO_QUEUE_USED_HIGH: return new("QueueDeviceHigh");
            case MmioRegisters.VIRTIO_MMIO_SHM_LEN_LOW: return new("SHMLenLow");
            case MmioRegisters.VIRTIO_MMIO_SHM_LEN_HIGH: return new("SHMLenHigh");
            case MmioRegisters.VIRTIO_MMIO_SHM_BASE_LOW: return new("SHMBaseLow");
            case MmioRegisters.VIRTIO_MMIO_SHM_BASE_HIGH: return new("SHMBaseHigh");
            case MmioRegisters.VIRTIO_MMIO_CONFIG_GENERATION: return new("ConfigGeneration");
            case >= MmioRegisters.VIRTIO_MMIO_CONFIG: return new($"config +0x{exit.Offset - MmioRegisters.VIRTIO_MMIO_CONFIG:x}");
            default: return null;
        }
    }
}
