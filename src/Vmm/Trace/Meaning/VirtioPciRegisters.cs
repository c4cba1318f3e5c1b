using Vmm.Devices.Virtio.Spec;
using Vmm.Devices.Virtio.Transport;
using Vmm.Trace.Format;

namespace Vmm.Trace.Meaning;

/// <summary>A virtio device on PCI: the structures in its BAR (Virtio 1.2, 4.1.4), as <see cref="VirtioPciLayout"/> lays them.</summary>
/// <param name="recorded">Which exits are in the trace.</param>
/// <param name="initial">What a selector holds when the trace begins; null when that is not known.</param>
internal sealed class VirtioPciRegisters(ExitFilter recorded, ulong? initial) : IRegisterNames
{
    private static readonly (int At, string Name)[] s_common =
    [
        (PciRegisters.VIRTIO_PCI_COMMON_DFSELECT, "device_feature_select"), (PciRegisters.VIRTIO_PCI_COMMON_DF, "device_feature"),
        (PciRegisters.VIRTIO_PCI_COMMON_GFSELECT, "driver_feature_select"), (PciRegisters.VIRTIO_PCI_COMMON_GF, "driver_feature"),
        (PciRegisters.VIRTIO_PCI_COMMON_MSIX, "config_msix_vector"), (PciRegisters.VIRTIO_PCI_COMMON_NUMQ, "num_queues"),
        (PciRegisters.VIRTIO_PCI_COMMON_STATUS, "device_status"), (PciRegisters.VIRTIO_PCI_COMMON_CFGGENERATION, "config_generation"),
        (PciRegisters.VIRTIO_PCI_COMMON_Q_SELECT, "queue_select"), (PciRegisters.VIRTIO_PCI_COMMON_Q_SIZE, "queue_size"),
        (PciRegisters.VIRTIO_PCI_COMMON_Q_MSIX, "queue_msix_vector"), (PciRegisters.VIRTIO_PCI_COMMON_Q_ENABLE, "queue_enable"),
        (PciRegisters.VIRTIO_PCI_COMMON_Q_NOFF, "queue_notify_off"), (PciRegisters.VIRTIO_PCI_COMMON_Q_DESCLO, "queue_desc"),
        (PciRegisters.VIRTIO_PCI_COMMON_Q_AVAILLO, "queue_driver"), (PciRegisters.VIRTIO_PCI_COMMON_Q_USEDLO, "queue_device"),
        (PciRegisters.VIRTIO_PCI_COMMON_Q_NDATA, "queue_notify_data"), (PciRegisters.VIRTIO_PCI_COMMON_Q_RESET, "queue_reset"),
    ];

    private readonly Selection _deviceWindow = new(recorded, PciRegisters.VIRTIO_PCI_COMMON_DFSELECT, initial);
    private readonly Selection _driverWindow = new(recorded, PciRegisters.VIRTIO_PCI_COMMON_GFSELECT, initial);

    /// <inheritdoc/>
    public RegisterMeaning? Read(TracedExit exit) => exit.Offset switch
    {
        < VirtioPciLayout.Isr => Common(exit),
        < VirtioPciLayout.DeviceConfig => new("ISR", VirtioStatus.Interrupt(exit.Value)),
        < VirtioPciLayout.Notify => new($"config +0x{exit.Offset - VirtioPciLayout.DeviceConfig:x}"),
        _ => new($"notify queue {(exit.Offset - VirtioPciLayout.Notify) / VirtioPciLayout.NotifyMultiplier}"),
    };

    private RegisterMeaning Common(TracedExit exit)
    {
        (int at, string name) = s_common.Last(field => field.At <= (int)exit.Offset);
        ulong value = exit.Value;
        switch (at)
        {
            case PciRegisters.VIRTIO_PCI_COMMON_DFSELECT:
                _deviceWindow.Set(value);
                break;
            case PciRegisters.VIRTIO_PCI_COMMON_GFSELECT:
                _driverWindow.Set(value);
                break;
            case PciRegisters.VIRTIO_PCI_COMMON_DF:
                return new(name, VirtioStatus.Features(value, _deviceWindow.At(exit)));
            case PciRegisters.VIRTIO_PCI_COMMON_GF:
                return new(name, VirtioStatus.Features(value, _driverWindow.At(exit)));
            case PciRegisters.VIRTIO_PCI_COMMON_STATUS:
                return new(name, VirtioStatus.Text(value));
            case PciRegisters.VIRTIO_PCI_COMMON_MSIX or PciRegisters.VIRTIO_PCI_COMMON_Q_MSIX when value == PciRegisters.VIRTIO_MSI_NO_VECTOR:
                return new(name, "none");
            default:
                break;
        }
        return new((int)exit.Offset == at ? name : $"{name}+{(int)exit.Offset - at}");
    }
}
