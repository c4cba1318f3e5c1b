using Vmm.Devices.Pci.Spec;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>Clauses of Virtio 1.2, 4.1: vectors, interrupts without MSI-X, notification addresses.</summary>
public sealed class VirtioPciConformanceTests : IDisposable
{
    private readonly TestDevice _device = new();
    private readonly Rig _rig;

    public VirtioPciConformanceTests() => _rig = new Rig(TransportKind.Pci, _device);

    private PciDriver Driver => (PciDriver)_rig.Driver;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Features_of_the_driver_read_back()
    {
        Driver.WriteFeatures(0, 0b100);
        Driver.WriteFeatures(1, 1);
        Assert.Equal((0b100u, 1u, 0u), (Read(0), Read(1), Read(2)));

        uint Read(uint select)
        {
            Driver.Write(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_GFSELECT, select, 4);
            return (uint)Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_GF, 4);
        }
    }

    [Fact]
    public void Notification_structure_has_room_for_every_queue()
    {
        int at = Driver.Capability(PciRegisters.VIRTIO_PCI_CAP_NOTIFY_CFG);
        uint multiplier = Driver.ReadConfigSpace32(at + PciRegisters.VIRTIO_PCI_NOTIFY_CAP_MULT);
        uint length = Driver.ReadConfigSpace32(at + PciRegisters.VIRTIO_PCI_CAP_LENGTH);
        Assert.True(uint.IsPow2(multiplier) && uint.Log2(multiplier) % 2 == 0);
        for (uint queue = 0; queue < _rig.Queues.Count; queue++)
        {
            Driver.SelectQueue(queue);
            uint offset = (uint)Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_NOFF, 2);
            Assert.InRange(offset * multiplier + 2, 2u, length);
        }
    }

    [Fact]
    public void Table_size_tells_a_vector_for_each_queue_and_the_configuration()
    {
        uint control = Driver.ReadConfigSpace32(Driver.MsixCapability) >> 16;
        Assert.Equal((uint)_rig.Queues.Count + 1, (control & 0x7FF) + 1);
    }

    [Fact]
    public void All_events_may_share_a_vector()
    {
        _rig.Prepare();
        SetConfigVector(2);
        for (uint queue = 0; queue < 2; queue++)
        {
            Driver.SelectQueue(queue);
            Driver.Write(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_MSIX, 2, 2);
            Assert.Equal(2UL, Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_MSIX, 2));
        }
        Driver.Status = GuestDriver.DriverOk;
        for (int queue = 0; queue < 2; queue++)
        {
            _rig.Queues[queue].Add(new GuestBuffer(Rig.BufferStart, 16, true));
            _rig.Kick((uint)queue);
        }
        _device.ChangeConfig(1);
        Assert.Equal([2u, 2u, 2u], Driver.Messages);
    }

    [Fact]
    public void Reset_unmaps_all_vectors()
    {
        _rig.Start();
        Driver.Status = 0;
        Assert.Equal(PciRegisters.VIRTIO_MSI_NO_VECTOR, Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_MSIX, 2));
        for (uint queue = 0; queue < 2; queue++)
        {
            Driver.SelectQueue(queue);
            Assert.Equal(PciRegisters.VIRTIO_MSI_NO_VECTOR, Driver.Read(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_Q_MSIX, 2));
        }
    }

    [Fact]
    public void Configuration_change_without_a_vector_sends_nothing()
    {
        _rig.Start();
        SetConfigVector(PciRegisters.VIRTIO_MSI_NO_VECTOR);
        _device.ChangeConfig(1);
        Assert.Empty(Driver.Messages);
        Assert.False(Driver.LineIsHigh);
    }

    [Fact]
    public void Without_MSIX_a_used_buffer_sets_ISR_and_the_status_registers_interrupt_bit()
    {
        var doorbells = new TestDoorbells();
        using var ram = new TestRam((0UL, Rig.RamSize));
        var driver = new PciDriver(new VirtioDeviceCore(new TestDevice(), ram.Memory, doorbells), doorbells, useMsix: false);
        var rings = new DriverQueue(ram, Rig.FirstRing, 8);
        driver.Negotiate(Rig.DefaultFeatures);
        driver.SetUp(1, rings);
        driver.Status = GuestDriver.DriverOk;
        Assert.False(InterruptStatus(driver));

        rings.Add(new GuestBuffer(Rig.BufferStart, 16, true));
        driver.Notify(1);
        doorbells.Run();

        Assert.True(driver.LineIsHigh && InterruptStatus(driver));
        ulong isr = driver.Structure(PciRegisters.VIRTIO_PCI_CAP_ISR_CFG);
        driver.Read(isr + 1, 1);
        Assert.True(driver.LineIsHigh);
        Assert.Equal(PciRegisters.VIRTIO_PCI_ISR_QUEUE, driver.Read(isr, 1));
        Assert.False(driver.LineIsHigh || InterruptStatus(driver));
    }

    private static bool InterruptStatus(PciDriver driver) =>
        (driver.ReadConfigSpace32(PciRegister.Command) >> 16 & PciStatus.InterruptStatus) != 0;

    private void SetConfigVector(ushort vector) => Driver.Write(Driver.Common + PciRegisters.VIRTIO_PCI_COMMON_MSIX, vector, 2);
}
