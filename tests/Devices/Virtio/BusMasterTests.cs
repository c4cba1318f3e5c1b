using Vmm.Devices.Pci.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>A kernel that hands the machine to the next one (kexec) takes bus mastering away, and counts on its memory being left alone.</summary>
public sealed class BusMasterTests : IDisposable
{
    private readonly TestDevice _device = new();
    private readonly Rig _rig;

    public BusMasterTests() => _rig = new Rig(TransportKind.Pci, _device).Start();

    private PciDriver Driver => (PciDriver)_rig.Driver;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Without_bus_mastering_no_buffer_is_taken_and_memory_stays_as_it_is()
    {
        SetBusMaster(false);
        _rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        byte[] before = _rig.Ram.Bytes(0, (int)Rig.RamSize).ToArray();
        _rig.Kick(0);
        Assert.Equal(before, _rig.Ram.Bytes(0, (int)Rig.RamSize));

        SetBusMaster(true);
        _rig.Doorbells.Run();
        Assert.Equal(1, _rig.Queues[0].UsedIndex);
        Assert.Equal("done"u8, _rig.Ram.Bytes(Rig.BufferStart, 4));
    }

    [Fact]
    public void Device_that_is_started_without_bus_mastering_waits_for_it()
    {
        SetBusMaster(false);
        Driver.Status = 0;
        _rig.Ram.Bytes(Rig.FirstRing, 0x4000).Clear();
        _rig.Start();
        _rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        _rig.Kick(0);
        Assert.Equal(0, _rig.Queues[0].UsedIndex);

        SetBusMaster(true);
        _rig.Doorbells.Run();
        Assert.Equal(1, _rig.Queues[0].UsedIndex);
    }

    [Fact]
    public void Reset_without_bus_mastering_completes()
    {
        _device.Holds = true;
        _rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        _rig.Kick(0);
        SetBusMaster(false);
        Driver.Status = 0;
        _device.CompleteOne();
        Assert.Equal(0, Driver.Status);
    }

    [Fact]
    public void Pause_and_bus_mastering_hold_the_queues_independently()
    {
        _device.Core.Quiesce();
        SetBusMaster(false);
        _rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        _device.Core.Resume();
        _rig.Doorbells.Run();
        Assert.Equal(0, _rig.Queues[0].UsedIndex);

        _device.Core.Quiesce();
        SetBusMaster(true);
        _rig.Doorbells.Run();
        Assert.Equal(0, _rig.Queues[0].UsedIndex);
        _device.Core.Resume();
        _rig.Doorbells.Run();
        Assert.Equal(1, _rig.Queues[0].UsedIndex);
    }

    private void SetBusMaster(bool on) =>
        Driver.WriteConfigSpace(PciRegister.Command, (ushort)(on ? PciCommand.MemorySpace | PciCommand.BusMaster : PciCommand.MemorySpace));
}
