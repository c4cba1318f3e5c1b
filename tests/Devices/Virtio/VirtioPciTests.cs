using Vmm.Devices.Pci.Spec;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Rng;
using Vmm.Devices.Virtio.Spec;
using Vmm.Devices.Virtio.Transport;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>What only the PCI transport has.</summary>
public sealed class VirtioPciTests : IDisposable
{
    private readonly Rig _rig = new(TransportKind.Pci, new TestDevice());

    private PciDriver Driver => (PciDriver)_rig.Driver;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Function_is_identified_as_a_modern_virtio_device()
    {
        Assert.Equal(0x1AF4u | (0x1040u + 42) << 16, Driver.ReadConfigSpace32(0));
        Assert.Equal(1u, Driver.ReadConfigSpace32(PciRegister.Revision) & 0xff);
        Assert.Equal(0x1AF4u | (0x1040u + 42) << 16, Driver.ReadConfigSpace32(PciRegister.SubsystemVendorId));
    }

    [Theory]
    [InlineData(PciRegisters.VIRTIO_PCI_CAP_COMMON_CFG, 60u, 16)]
    [InlineData(PciRegisters.VIRTIO_PCI_CAP_NOTIFY_CFG, 8u, 20)]
    [InlineData(PciRegisters.VIRTIO_PCI_CAP_ISR_CFG, 1u, 16)]
    [InlineData(PciRegisters.VIRTIO_PCI_CAP_DEVICE_CFG, 10u, 16)]
    [InlineData(PciRegisters.VIRTIO_PCI_CAP_PCI_CFG, 0u, 20)]
    public void Each_structure_has_its_capability(byte type, uint length, int capLength)
    {
        int at = Driver.Capability(type);
        Assert.Equal((uint)capLength, Driver.ReadConfigSpace32(at) >> 16 & 0xff);
        Assert.Equal(length, Driver.ReadConfigSpace32(at + PciRegisters.VIRTIO_PCI_CAP_LENGTH));
        Assert.Equal(0u, Driver.ReadConfigSpace32(at + PciRegisters.VIRTIO_PCI_CAP_OFFSET) % 4);
    }

    [Fact]
    public void Device_without_configuration_has_no_device_structure()
    {
        using var rig = new Rig(TransportKind.Pci, new VirtioRng("rng0", new CountingEntropy()));
        Assert.False(((PciDriver)rig.Driver).HasStructure(PciRegisters.VIRTIO_PCI_CAP_DEVICE_CFG));
    }

    [Fact]
    public void Queue_registers_read_back_and_notify_offsets_differ()
    {
        _rig.Prepare();
        Driver.SelectQueue(1);
        Assert.Equal(8UL, Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_SIZE, 2));
        Assert.Equal(_rig.Queues[1].Descriptors, Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_DESCLO, 8));
        Assert.Equal((uint)_rig.Queues[1].Used, Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_USEDLO, 4));
        Assert.Equal(1UL, Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_NOFF, 2));
        Assert.Equal(2UL, Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_NUMQ, 2));
        Assert.Equal(0UL, Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_RESET, 2));
        Assert.NotEqual(Driver.NotifyAddress(0), Driver.NotifyAddress(1));
    }

    [Theory, Trait("Row", "12")]
    [InlineData(3, 0)]
    [InlineData(0, 0)]
    [InlineData(0xFFFF, 0)]
    [InlineData(4, 4)]
    public void Queue_size_reads_as_a_power_of_two_or_zero(int written, uint read)
    {
        Driver.SelectQueue(0);
        Driver.QueueSize = (uint)written;
        Assert.Equal(read, Driver.QueueMaxSize);
    }

    [Fact]
    public void Addresses_can_be_written_in_one_piece()
    {
        Driver.SelectQueue(0);
        Driver.Write(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_DESCLO, 0x1234_5678_9abc_def0, 8);
        Assert.Equal(0x1234_5678_9abc_def0UL, Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_DESCLO, 8));
    }

    [Fact]
    public void Queue_enable_can_not_be_taken_back()
    {
        _rig.Prepare();
        Driver.SelectQueue(0);
        Driver.QueueEnabled = false;
        Assert.True(Driver.QueueEnabled);
    }

    [Theory, Trait("Row", "30")]
    [InlineData(3)]
    [InlineData(2048)]
    [InlineData(0xFFFF)]
    public void Vector_that_does_not_exist_reads_back_as_none(ushort vector)
    {
        Driver.SelectQueue(0);
        foreach (int register in (int[])[PciRegisters.VIRTIO_PCI_COMMON_MSIX, PciRegisters.VIRTIO_PCI_COMMON_Q_MSIX])
        {
            Driver.Write(Driver.Common + (ulong)register, 2, 2);
            Assert.Equal(2UL, Driver.Read(Driver.Common + (ulong)register, 2));
            Driver.Write(Driver.Common + (ulong)register, vector, 2);
            Assert.Equal(0xFFFFUL, Driver.Read(Driver.Common + (ulong)register, 2));
        }
        Driver.SelectQueue(9);
        Driver.Write(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_MSIX, 1, 2);
        Assert.Equal(0xFFFFUL, Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_MSIX, 2));
    }

    [Fact]
    public void Each_queue_interrupts_with_its_own_vector_and_none_without_one()
    {
        _rig.Start();
        for (int queue = 1; queue >= 0; queue--)
        {
            _rig.Queues[queue].Add(new GuestBuffer(Rig.BufferStart, 16, true));
            _rig.Kick((uint)queue);
        }
        Assert.Equal([2u, 1u], Driver.Messages);

        Driver.SelectQueue(0);
        Driver.Write(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_MSIX, 0xFFFF, 2);
        _rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        _rig.Kick(0);
        Assert.Equal(2, Driver.Messages.Count);
    }

    [Fact, Trait("Row", "35")]
    public void Masked_vector_is_pending_and_sent_once_when_unmasked()
    {
        _rig.Start();
        Driver.Write(Driver.MsixEntry(1) + 12, 1, 4);
        for (int i = 0; i < 100; i++)
        {
            _rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
            _rig.Kick(0);
        }
        Assert.Empty(Driver.Messages);
        Assert.True(Driver.Transport.Msix!.IsPending(1));

        Driver.Write(Driver.MsixEntry(1) + 12, 0, 4);
        Assert.Equal([1u], Driver.Messages);
        Assert.False(Driver.Transport.Msix!.IsPending(1));
    }

    [Fact]
    public void Without_MSIX_the_pin_is_asserted_until_ISR_is_read()
    {
        var doorbells = new TestDoorbells();
        var device = new TestDevice();
        using var ram = new TestRam((0UL, Rig.RamSize));
        var driver = new PciDriver(new VirtioDeviceCore(device, ram.Memory, doorbells), doorbells, useMsix: false);
        driver.Negotiate(Rig.DefaultFeatures);
        driver.Status = GuestDriver.DriverOk;

        device.ChangeConfig(1);
        Assert.True(driver.LineIsHigh);
        Assert.Equal(2UL, driver.Read(driver.Structure(PciRegisters.VIRTIO_PCI_CAP_ISR_CFG), 1));
        Assert.False(driver.LineIsHigh);
        Assert.Equal(0UL, driver.Read(driver.Structure(PciRegisters.VIRTIO_PCI_CAP_ISR_CFG), 1));
        Assert.Empty(driver.Messages);
    }

    [Fact]
    public void Doorbells_follow_the_BAR()
    {
        _rig.Start();
        Assert.Equal(Driver.NotifyAddress(1), _rig.Doorbells.Addresses[1].Value);

        Driver.WriteConfigSpace(PciRegister.Command, (ushort)0);
        Assert.Equal(0, _rig.Doorbells.Attached);
        Driver.WriteConfigSpace(PciRegister.Bar0, (uint)PciDriver.WindowStart + 0x100_0000);
        Driver.WriteConfigSpace(PciRegister.Command, (ushort)(PciCommand.MemorySpace | PciCommand.BusMaster));

        Assert.Equal(2, _rig.Doorbells.Attached);
        Assert.Equal(PciDriver.WindowStart + 0x100_0000 + VirtioPciLayout.Notify + 4, _rig.Doorbells.Addresses[1].Value);
        _rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        _rig.Kick(0);
        Assert.Equal(1, _rig.Queues[0].UsedIndex);
    }

    [Theory, Trait("Row", "31")]
    [InlineData(PciRegisters.VIRTIO_PCI_COMMON_STATUS, 4)]
    [InlineData(PciRegisters.VIRTIO_PCI_COMMON_STATUS, 2)]
    [InlineData(PciRegisters.VIRTIO_PCI_COMMON_Q_SELECT, 4)]
    [InlineData(PciRegisters.VIRTIO_PCI_COMMON_DFSELECT, 8)]
    [InlineData(PciRegisters.VIRTIO_PCI_COMMON_DFSELECT + 1, 4)]
    public void Fields_written_at_another_width_or_offset_keep_their_value(int register, int width)
    {
        Driver.Write(Driver.Common + (ulong)register, 0x0101_0101_0101_0101, width);
        Assert.Equal(0, Driver.Status);
        Assert.Equal(0UL, Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_SELECT, 2));
        Assert.Equal(0UL, Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_DFSELECT, 4));
    }

    [Fact, Trait("Row", "31")]
    public void Access_past_the_common_structure_reads_all_ones()
    {
        Assert.Equal(uint.MaxValue, Driver.Read(Driver.Common + PciRegisters.CommonConfigSize, 4));
        Assert.Equal(ulong.MaxValue, Driver.Read(Driver.Common + PciRegisters.CommonConfigSize - 4, 8));
    }

    [Fact]
    public void Configuration_window_reaches_the_structures()
    {
        int window = Driver.Capability(PciRegisters.VIRTIO_PCI_CAP_PCI_CFG);
        Point(window, 0, VirtioPciLayout.DeviceConfig + 4, 4);
        Assert.Equal(0x0807_0605u, Driver.ReadConfigSpace32(window + 16));

        Point(window, 0, PciRegisters.VIRTIO_PCI_COMMON_STATUS, 1);
        Driver.WriteConfigSpace(window + 16, (byte)1);
        Assert.Equal(1, Driver.Status);
        Assert.Equal(1u, Driver.ReadConfigSpace32(window + 16));
    }

    [Theory, Trait("Row", "48")]
    [InlineData(0, 0x14u, 3u)]
    [InlineData(0, 0x14u, 8u)]
    [InlineData(0, 0x14u, 0u)]
    [InlineData(0, 0x15u, 2u)]
    [InlineData(0, 0x4000u, 1u)]
    [InlineData(0, uint.MaxValue, 1u)]
    [InlineData(2, 0x14u, 1u)]
    [InlineData(255, 0x14u, 1u)]
    public void Configuration_window_leads_nowhere_else(int bar, uint offset, uint length)
    {
        int window = Driver.Capability(PciRegisters.VIRTIO_PCI_CAP_PCI_CFG);
        Point(window, (byte)bar, offset, length);
        Driver.WriteConfigSpace(window + 16, 0x0101_0101u);
        Assert.Equal(0, Driver.Status);
        Assert.Equal(0x0101_0101u, Driver.ReadConfigSpace32(window + 16));
    }

    [Fact]
    public void Function_reset_resets_the_device()
    {
        _rig.Start();
        Driver.Pci.Reset();
        Assert.Equal(0, _rig.Core.Status);
        Assert.Equal(0, _rig.Doorbells.Attached);
    }

    private void Point(int window, byte bar, uint offset, uint length)
    {
        Driver.WriteConfigSpace(window + PciRegisters.VIRTIO_PCI_CAP_BAR, bar);
        Driver.WriteConfigSpace(window + PciRegisters.VIRTIO_PCI_CAP_OFFSET, offset);
        Driver.WriteConfigSpace(window + PciRegisters.VIRTIO_PCI_CAP_LENGTH, length);
    }
}
