using System.Buffers.Binary;
using Vmm.Devices.Bus;
using Vmm.Devices.Doorbells;
using Vmm.Devices.Interrupts;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;
using Vmm.Guest.Memory;

namespace Vmm.Devices.Virtio.Transport;

/// <summary>A virtio device as a page of registers. Virtio 1.2, 4.2; version 2, no legacy interface.</summary>
/// <remarks>
/// The interrupt is an edge. A cause that appears between the driver's reading InterruptStatus and its acknowledging is
/// not lost: acknowledging comes before it looks at the rings, and the edge is pending.
/// <para>
/// Drivers of this transport do not poll the status after a reset (Linux writes 0 and goes on), so the write itself
/// returns only when nothing is in flight any more. It is the one place where a vCPU waits for the host.
/// </para>
/// </remarks>
public sealed partial class VirtioMmio : IBusDevice, IVirtioTransport
{
    /// <summary>What VendorID reads: "VMMD". Any value will do (4.2.2).</summary>
    public const uint VendorId = 0x444D_4D56;

    /// <summary>What registers of an absent shared memory region read. 4.2.2.</summary>
    private const uint NoSharedMemory = uint.MaxValue;

    private readonly VirtioDeviceCore _core;
    private readonly IInterruptLine _line;
    private readonly GuestAddress _address;
    private readonly QueueDoorbells _doorbells;
    private uint _interruptStatus;
    private uint _deviceFeaturesSelect;
    private uint _driverFeaturesSelect;
    private uint _queueSelect;

    /// <summary>Puts a device behind MMIO registers.</summary>
    /// <param name="core">The device.</param>
    /// <param name="line">Its interrupt, edge-triggered.</param>
    /// <param name="doorbellHost">The event thread that the core was made with.</param>
    /// <param name="address">Where the bus has the registers.</param>
    public VirtioMmio(VirtioDeviceCore core, IInterruptLine line, IDoorbellHost doorbellHost, GuestAddress address)
    {
        (_core, _line, _address) = (core, line, address);
        _doorbells = new QueueDoorbells(doorbellHost, core);
        core.Connect(this);
    }

    /// <inheritdoc/>
    public string Name => _core.Device.Name;

    /// <summary>Bytes of register space: a page.</summary>
    public static ulong Size => MemoryLayout.VirtioMmioStride;

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data)
    {
        data.Clear();
        if (offset >= MmioRegisters.VIRTIO_MMIO_CONFIG)
            _core.ReadConfig(offset - MmioRegisters.VIRTIO_MMIO_CONFIG, data);
        else if (IsRegisterAccess(offset, data.Length))
            BinaryPrimitives.WriteUInt32LittleEndian(data, ReadRegister((uint)offset));
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (offset >= MmioRegisters.VIRTIO_MMIO_CONFIG)
            _core.WriteConfig(offset - MmioRegisters.VIRTIO_MMIO_CONFIG, data);
        else if (IsRegisterAccess(offset, data.Length))
            WriteRegister((uint)offset, BinaryPrimitives.ReadUInt32LittleEndian(data));
    }

    /// <inheritdoc/>
    public void InterruptQueue(int queue) => Interrupt(MmioRegisters.VIRTIO_MMIO_INT_VRING);

    /// <inheritdoc/>
    public void InterruptConfig() => Interrupt(MmioRegisters.VIRTIO_MMIO_INT_CONFIG);

    /// <inheritdoc/>
    public void Activated()
    {
        var notify = new GuestAddress(_address.Value + MmioRegisters.VIRTIO_MMIO_QUEUE_NOTIFY);
        for (int queue = 0; queue < _core.QueueCount; queue++)
        {
            if (_core.Queue(queue).IsLive)
                _doorbells.Attach(queue, notify, MmioRegisters.RegisterSize, (ulong)queue);
        }
    }

    /// <inheritdoc/>
    public void WasReset()
    {
        _doorbells.DetachAll();
        Volatile.Write(ref _interruptStatus, 0);
        _deviceFeaturesSelect = _driverFeaturesSelect = _queueSelect = 0;
    }

    /// <summary>4.2.2.2: 32 bits wide and aligned; the device may do what it likes with anything else, and ignores it.</summary>
    private static bool IsRegisterAccess(ulong offset, int length) =>
        length == MmioRegisters.RegisterSize && offset % MmioRegisters.RegisterSize == 0;

    private void Interrupt(uint cause)
    {
        Interlocked.Or(ref _interruptStatus, cause);
        _line.Pulse();
    }

    private uint ReadRegister(uint offset) => offset switch
    {
        MmioRegisters.VIRTIO_MMIO_MAGIC_VALUE => MmioRegisters.Magic,
        MmioRegisters.VIRTIO_MMIO_VERSION => MmioRegisters.Version,
        MmioRegisters.VIRTIO_MMIO_DEVICE_ID => _core.Device.DeviceType,
        MmioRegisters.VIRTIO_MMIO_VENDOR_ID => VendorId,
        MmioRegisters.VIRTIO_MMIO_DEVICE_FEATURES => _core.ReadOfferedFeatures(_deviceFeaturesSelect),
        MmioRegisters.VIRTIO_MMIO_QUEUE_NUM_MAX => _core.QueueMaxSize(_queueSelect),
        MmioRegisters.VIRTIO_MMIO_QUEUE_READY => _core.IsQueueEnabled(_queueSelect) ? 1u : 0u,
        MmioRegisters.VIRTIO_MMIO_INTERRUPT_STATUS => Volatile.Read(ref _interruptStatus),
        MmioRegisters.VIRTIO_MMIO_STATUS => _core.Status,
        >= MmioRegisters.VIRTIO_MMIO_SHM_LEN_LOW and <= MmioRegisters.VIRTIO_MMIO_SHM_BASE_HIGH => NoSharedMemory,
        MmioRegisters.VIRTIO_MMIO_CONFIG_GENERATION => _core.ConfigGeneration,
        _ => 0,
    };

    private void WriteRegister(uint offset, uint value)
    {
        switch (offset)
        {
            case MmioRegisters.VIRTIO_MMIO_DEVICE_FEATURES_SEL:
                _deviceFeaturesSelect = value;
                break;
            case MmioRegisters.VIRTIO_MMIO_DRIVER_FEATURES_SEL:
                _driverFeaturesSelect = value;
                break;
            case MmioRegisters.VIRTIO_MMIO_DRIVER_FEATURES:
                _core.WriteDriverFeatures(_driverFeaturesSelect, value);
                break;
            case MmioRegisters.VIRTIO_MMIO_QUEUE_SEL:
                _queueSelect = value;
                break;
            case MmioRegisters.VIRTIO_MMIO_QUEUE_READY:
                // 4.2.2: only the lowest bit has a meaning.
                _core.EnableQueue(_queueSelect, (value & 1) != 0);
                break;
            case MmioRegisters.VIRTIO_MMIO_QUEUE_NOTIFY:
                _core.Notify(value);
                break;
            case MmioRegisters.VIRTIO_MMIO_INTERRUPT_ACK:
                Interlocked.And(ref _interruptStatus, ~value);
                break;
            case MmioRegisters.VIRTIO_MMIO_STATUS:
                // The field has 8 bits; a write with others set is no status at all.
                if (value <= byte.MaxValue)
                    _core.WriteStatus((byte)value, waitForReset: true);
                break;
            default:
                if (ToQueueRegister(offset) is { } register)
                    _core.WriteQueueConfig(_queueSelect, register, value);
                break;
        }
    }

    private static QueueRegister? ToQueueRegister(uint offset) => offset switch
    {
        MmioRegisters.VIRTIO_MMIO_QUEUE_NUM => QueueRegister.Size,
        MmioRegisters.VIRTIO_MMIO_QUEUE_DESC_LOW => QueueRegister.DescriptorsLow,
        MmioRegisters.VIRTIO_MMIO_QUEUE_DESC_HIGH => QueueRegister.DescriptorsHigh,
        MmioRegisters.VIRTIO_MMIO_QUEUE_AVAIL_LOW => QueueRegister.AvailLow,
        MmioRegisters.VIRTIO_MMIO_QUEUE_AVAIL_HIGH => QueueRegister.AvailHigh,
        MmioRegisters.VIRTIO_MMIO_QUEUE_USED_LOW => QueueRegister.UsedLow,
        MmioRegisters.VIRTIO_MMIO_QUEUE_USED_HIGH => QueueRegister.UsedHigh,
        _ => null,
    };
}
