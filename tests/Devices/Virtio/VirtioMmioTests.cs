using Vmm.Devices.Virtio.Spec;
using Vmm.Devices.Virtio.Transport;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>What only the MMIO transport has.</summary>
public sealed class VirtioMmioTests : IDisposable
{
    private readonly Rig _rig = new(TransportKind.Mmio, new TestDevice());

    private MmioDriver Driver => (MmioDriver)_rig.Driver;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Identification_registers_name_a_version_2_device()
    {
        Assert.Equal(0x74726976u, Driver.Read(MmioRegisters.VIRTIO_MMIO_MAGIC_VALUE));
        Assert.Equal(2u, Driver.Read(MmioRegisters.VIRTIO_MMIO_VERSION));
        Assert.Equal(42u, Driver.Read(MmioRegisters.VIRTIO_MMIO_DEVICE_ID));
        Assert.Equal(VirtioMmio.VendorId, Driver.Read(MmioRegisters.VIRTIO_MMIO_VENDOR_ID));
    }

    [Theory]
    [InlineData(MmioRegisters.VIRTIO_MMIO_SHM_LEN_LOW)]
    [InlineData(MmioRegisters.VIRTIO_MMIO_SHM_LEN_HIGH)]
    [InlineData(MmioRegisters.VIRTIO_MMIO_SHM_BASE_LOW)]
    [InlineData(MmioRegisters.VIRTIO_MMIO_SHM_BASE_HIGH)]
    public void Absent_shared_memory_reads_all_ones(uint register) => Assert.Equal(uint.MaxValue, Driver.Read(register));

    [Fact, Trait("Row", "31")]
    public void Registers_take_aligned_32_bit_accesses_only()
    {
        byte[] data = new byte[8];
        Driver.ReadRaw(0, data.AsSpan(0, 1));
        Driver.ReadRaw(0, data.AsSpan(1, 2));
        Driver.ReadRaw(2, data.AsSpan(3, 4));
        Assert.Equal(new byte[8], data);
        Driver.ReadRaw(0, data);
        Assert.Equal(new byte[8], data);
        Driver.WriteRaw(MmioRegisters.VIRTIO_MMIO_STATUS, [1]);
        Driver.WriteRaw(MmioRegisters.VIRTIO_MMIO_STATUS, [1, 0]);
        Driver.Write(MmioRegisters.VIRTIO_MMIO_STATUS, 0x101);
        Assert.Equal(0, Driver.Status);
    }

    [Fact]
    public void Interrupt_status_holds_causes_until_they_are_acknowledged()
    {
        Driver.HandlesInterrupts = false;
        _rig.Start();
        _rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        _rig.Kick(0);
        ((TestDevice)_rig.Core.Device).ChangeConfig(9);

        Assert.Equal(3u, Driver.Read(MmioRegisters.VIRTIO_MMIO_INTERRUPT_STATUS));
        Driver.Write(MmioRegisters.VIRTIO_MMIO_INTERRUPT_ACK, 1);
        Assert.Equal(2u, Driver.Read(MmioRegisters.VIRTIO_MMIO_INTERRUPT_STATUS));
        Driver.Status = 0;
        Assert.Equal(0u, Driver.Read(MmioRegisters.VIRTIO_MMIO_INTERRUPT_STATUS));
    }

    [Fact]
    public void Doorbell_listens_for_the_queue_number_at_queue_notify()
    {
        _rig.Start();
        Assert.Equal(2, _rig.Doorbells.Attached);
        Assert.All(_rig.Doorbells.Addresses, a => Assert.Equal(MmioDriver.Address + 0x50, a.Value));
        Assert.True(_rig.Doorbells.Write(MmioDriver.Address + 0x50, [1, 0, 0, 0]));
        Assert.False(_rig.Doorbells.Write(MmioDriver.Address + 0x50, [2, 0, 0, 0]));
    }

    [Fact]
    public void Queue_ready_can_be_taken_back_before_driver_ok()
    {
        _rig.Prepare();
        Driver.SelectQueue(0);
        Driver.QueueEnabled = false;
        Assert.False(Driver.QueueEnabled);
        Driver.QueueSize = 4;
        Driver.QueueEnabled = true;
        Driver.Status = GuestDriver.DriverOk;
        Assert.Equal(4u, _rig.Core.Queue(0).Size);
    }

    [Fact]
    public void Queue_stopped_by_its_driver_reads_ready_until_drained_and_takes_nothing_more()
    {
        var device = (TestDevice)_rig.Core.Device;
        device.Holds = true;
        _rig.Start();
        _rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        _rig.Kick(0);

        Driver.SelectQueue(0);
        Driver.QueueEnabled = false;
        Assert.True(Driver.QueueEnabled);
        device.CompleteOne();
        Assert.False(Driver.QueueEnabled);

        _rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        _rig.Kick(0);
        Assert.Empty(device.InFlight);
    }
}
