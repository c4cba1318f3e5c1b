using System.Buffers.Binary;
using Vmm.Devices.Bus;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Transport;

/// <summary>struct virtio_pci_common_cfg. Virtio 1.2, 4.1.4.3.</summary>
/// <remarks>
/// Fields are accessed at their own width (4.1.3.1); 64-bit addresses as two halves, or at once. Any other width reads
/// as 0 and is dropped on write. Only selectors live here: everything else is the core's.
/// </remarks>
internal sealed class VirtioPciCommonConfig(VirtioDeviceCore core, VirtioPciVectors vectors) : IBusDevice
{
    private const int Byte = 1;
    private const int Word = 2;
    private const int Dword = 4;
    private const int Qword = 8;

    private uint _deviceFeaturesSelect;
    private uint _driverFeaturesSelect;
    private ushort _queueSelect;

    public string Name => core.Device.Name;

    public uint DeviceFeaturesSelect => _deviceFeaturesSelect;

    public uint DriverFeaturesSelect => _driverFeaturesSelect;

    public ushort QueueSelect => _queueSelect;

    /// <summary>Sets the selectors.</summary>
    public void Select(uint deviceFeatures, uint driverFeatures, ushort queue) =>
        (_deviceFeaturesSelect, _driverFeaturesSelect, _queueSelect) = (deviceFeatures, driverFeatures, queue);

    public void Reset()
    {
        _deviceFeaturesSelect = _driverFeaturesSelect = 0;
        _queueSelect = 0;
    }

    public void Read(ulong offset, Span<byte> data)
    {
        data.Clear();
        switch (data.Length)
        {
            case Byte:
                data[0] = ReadByte((int)offset);
                break;
            case Word:
                BinaryPrimitives.WriteUInt16LittleEndian(data, ReadWord((int)offset));
                break;
            case Dword:
                BinaryPrimitives.WriteUInt32LittleEndian(data, ReadDword((int)offset));
                break;
            case Qword:
                BinaryPrimitives.WriteUInt32LittleEndian(data, ReadDword((int)offset));
                BinaryPrimitives.WriteUInt32LittleEndian(data[Dword..], ReadDword((int)offset + Dword));
                break;
        }
    }

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        switch (data.Length)
        {
            case Byte when offset == PciRegisters.VIRTIO_PCI_COMMON_STATUS:
                core.WriteStatus(data[0], waitForReset: false);
                break;
            case Word:
                WriteWord((int)offset, BinaryPrimitives.ReadUInt16LittleEndian(data));
                break;
            case Dword:
                WriteDword((int)offset, BinaryPrimitives.ReadUInt32LittleEndian(data));
                break;
            case Qword when ToAddressRegister((int)offset) is not null:
                WriteDword((int)offset, BinaryPrimitives.ReadUInt32LittleEndian(data));
                WriteDword((int)offset + Dword, BinaryPrimitives.ReadUInt32LittleEndian(data[Dword..]));
                break;
        }
    }

    private byte ReadByte(int offset) => offset switch
    {
        PciRegisters.VIRTIO_PCI_COMMON_STATUS => core.Status,
        PciRegisters.VIRTIO_PCI_COMMON_CFGGENERATION => (byte)core.ConfigGeneration,
        _ => 0,
    };

    private ushort ReadWord(int offset) => offset switch
    {
        PciRegisters.VIRTIO_PCI_COMMON_MSIX => vectors.Config,
        PciRegisters.VIRTIO_PCI_COMMON_NUMQ => (ushort)core.QueueCount,
        PciRegisters.VIRTIO_PCI_COMMON_Q_SELECT => _queueSelect,
        PciRegisters.VIRTIO_PCI_COMMON_Q_SIZE => PresentableSize(core.ReadQueueConfig(_queueSelect).Size),
        PciRegisters.VIRTIO_PCI_COMMON_Q_MSIX => vectors.GetQueue(_queueSelect),
        PciRegisters.VIRTIO_PCI_COMMON_Q_ENABLE => (ushort)(core.IsQueueEnabled(_queueSelect) ? 1 : 0),
        PciRegisters.VIRTIO_PCI_COMMON_Q_NOFF => _queueSelect < core.QueueCount ? _queueSelect : (ushort)0,
        _ => 0,
    };

    /// <summary>4.1.4.3.1: only a power of two or 0 is ever read, whatever was written.</summary>
    private static ushort PresentableSize(uint size) => uint.IsPow2(size) ? (ushort)size : (ushort)0;

    private uint ReadDword(int offset)
    {
        switch (offset)
        {
            case PciRegisters.VIRTIO_PCI_COMMON_DFSELECT:
                return _deviceFeaturesSelect;
            case PciRegisters.VIRTIO_PCI_COMMON_DF:
                return core.ReadOfferedFeatures(_deviceFeaturesSelect);
            case PciRegisters.VIRTIO_PCI_COMMON_GFSELECT:
                return _driverFeaturesSelect;
            case PciRegisters.VIRTIO_PCI_COMMON_GF:
                return core.ReadDriverFeatures(_driverFeaturesSelect);
        }
        VirtqueueConfig queue = core.ReadQueueConfig(_queueSelect);
        return offset switch
        {
            PciRegisters.VIRTIO_PCI_COMMON_Q_DESCLO => (uint)queue.Descriptors,
            PciRegisters.VIRTIO_PCI_COMMON_Q_DESCHI => (uint)(queue.Descriptors >> 32),
            PciRegisters.VIRTIO_PCI_COMMON_Q_AVAILLO => (uint)queue.Avail,
            PciRegisters.VIRTIO_PCI_COMMON_Q_AVAILHI => (uint)(queue.Avail >> 32),
            PciRegisters.VIRTIO_PCI_COMMON_Q_USEDLO => (uint)queue.Used,
            PciRegisters.VIRTIO_PCI_COMMON_Q_USEDHI => (uint)(queue.Used >> 32),
            _ => 0,
        };
    }

    private void WriteWord(int offset, ushort value)
    {
        switch (offset)
        {
            case PciRegisters.VIRTIO_PCI_COMMON_MSIX:
                vectors.SetConfig(value);
                break;
            case PciRegisters.VIRTIO_PCI_COMMON_Q_SELECT:
                _queueSelect = value;
                break;
            case PciRegisters.VIRTIO_PCI_COMMON_Q_SIZE:
                core.WriteQueueConfig(_queueSelect, QueueRegister.Size, value);
                break;
            case PciRegisters.VIRTIO_PCI_COMMON_Q_MSIX:
                vectors.SetQueue(_queueSelect, value);
                break;
            case PciRegisters.VIRTIO_PCI_COMMON_Q_ENABLE:
                // 4.1.4.3.2: a driver must not write 0 here; only a reset takes the 1 back.
                if (value == 1)
                    core.EnableQueue(_queueSelect, true);
                break;
        }
    }

    private void WriteDword(int offset, uint value)
    {
        switch (offset)
        {
            case PciRegisters.VIRTIO_PCI_COMMON_DFSELECT:
                _deviceFeaturesSelect = value;
                break;
            case PciRegisters.VIRTIO_PCI_COMMON_GFSELECT:
                _driverFeaturesSelect = value;
                break;
            case PciRegisters.VIRTIO_PCI_COMMON_GF:
                core.WriteDriverFeatures(_driverFeaturesSelect, value);
                break;
            default:
                if (ToAddressRegister(offset) is { } register)
                    core.WriteQueueConfig(_queueSelect, register, value);
                break;
        }
    }

    private static QueueRegister? ToAddressRegister(int offset) => offset switch
    {
        PciRegisters.VIRTIO_PCI_COMMON_Q_DESCLO => QueueRegister.DescriptorsLow,
        PciRegisters.VIRTIO_PCI_COMMON_Q_DESCHI => QueueRegister.DescriptorsHigh,
        PciRegisters.VIRTIO_PCI_COMMON_Q_AVAILLO => QueueRegister.AvailLow,
        PciRegisters.VIRTIO_PCI_COMMON_Q_AVAILHI => QueueRegister.AvailHigh,
        PciRegisters.VIRTIO_PCI_COMMON_Q_USEDLO => QueueRegister.UsedLow,
        PciRegisters.VIRTIO_PCI_COMMON_Q_USEDHI => QueueRegister.UsedHigh,
        _ => null,
    };
}
