using System.Buffers.Binary;
using Vmm.Devices.Interrupts;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Spec;
using Vmm.Devices.Virtio.Transport;
using Vmm.Guest.Memory;

namespace Vmm.Tests.Devices.Virtio.Harness;

/// <summary>A driver for the MMIO transport; its interrupt handler runs at once.</summary>
public sealed class MmioDriver : GuestDriver, IInterruptLine
{
    public const ulong Address = MemoryLayout.VirtioMmioStart;

    private readonly TestDoorbells _doorbells;

    public MmioDriver(VirtioDeviceCore core, TestDoorbells doorbells)
    {
        _doorbells = doorbells;
        Transport = new VirtioMmio(core, this, doorbells, new GuestAddress(Address));
    }

    public VirtioMmio Transport { get; }

    public bool HandlesInterrupts { get; set; } = true;

    public override byte Status
    {
        get => (byte)Read(MmioRegisters.VIRTIO_MMIO_STATUS);
        set => Write(MmioRegisters.VIRTIO_MMIO_STATUS, value);
    }

    public override uint QueueMaxSize => Read(MmioRegisters.VIRTIO_MMIO_QUEUE_NUM_MAX);

    public override uint QueueSize
    {
        set => Write(MmioRegisters.VIRTIO_MMIO_QUEUE_NUM, value);
    }

    public override ulong DescriptorsAddress
    {
        set => WritePair(MmioRegisters.VIRTIO_MMIO_QUEUE_DESC_LOW, value);
    }

    public override ulong AvailAddress
    {
        set => WritePair(MmioRegisters.VIRTIO_MMIO_QUEUE_AVAIL_LOW, value);
    }

    public override ulong UsedAddress
    {
        set => WritePair(MmioRegisters.VIRTIO_MMIO_QUEUE_USED_LOW, value);
    }

    public override bool QueueEnabled
    {
        get => Read(MmioRegisters.VIRTIO_MMIO_QUEUE_READY) == 1;
        set => Write(MmioRegisters.VIRTIO_MMIO_QUEUE_READY, value ? 1u : 0u);
    }

    public override uint ConfigGeneration => Read(MmioRegisters.VIRTIO_MMIO_CONFIG_GENERATION);

    public override ulong RegisterSpace => VirtioMmio.Size;

    public override uint ReadFeatures(uint select)
    {
        Write(MmioRegisters.VIRTIO_MMIO_DEVICE_FEATURES_SEL, select);
        return Read(MmioRegisters.VIRTIO_MMIO_DEVICE_FEATURES);
    }

    public override void WriteFeatures(uint select, uint value)
    {
        Write(MmioRegisters.VIRTIO_MMIO_DRIVER_FEATURES_SEL, select);
        Write(MmioRegisters.VIRTIO_MMIO_DRIVER_FEATURES, value);
    }

    public override void SelectQueue(uint queue) => Write(MmioRegisters.VIRTIO_MMIO_QUEUE_SEL, queue);

    public override void ReadConfig(ulong offset, Span<byte> data) => Transport.Read(MmioRegisters.VIRTIO_MMIO_CONFIG + offset, data);

    public override void WriteConfig(ulong offset, ReadOnlySpan<byte> data) => Transport.Write(MmioRegisters.VIRTIO_MMIO_CONFIG + offset, data);

    public override void Notify(uint queue) => Write(MmioRegisters.VIRTIO_MMIO_QUEUE_NOTIFY, queue);

    public override void WriteRaw(ulong offset, ReadOnlySpan<byte> data) => Transport.Write(offset, data);

    public override void ReadRaw(ulong offset, Span<byte> data) => Transport.Read(offset, data);

    public uint Read(uint register)
    {
        Span<byte> data = stackalloc byte[4];
        Transport.Read(register, data);
        return BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    public void Write(uint register, uint value)
    {
        Span<byte> data = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        if (!_doorbells.Write(Address + register, data))
            Transport.Write(register, data);
    }

    void IInterruptLine.Raise()
    {
        if (!HandlesInterrupts)
            return;
        uint causes = Read(MmioRegisters.VIRTIO_MMIO_INTERRUPT_STATUS);
        Write(MmioRegisters.VIRTIO_MMIO_INTERRUPT_ACK, causes);
        QueueInterrupts += (int)(causes & 1);
        ConfigInterrupts += (int)(causes >> 1 & 1);
    }

    void IInterruptLine.Lower()
    {
    }

    private void WritePair(uint register, ulong value)
    {
        Write(register, (uint)value);
        Write(register + 4, (uint)(value >> 32));
    }
}
