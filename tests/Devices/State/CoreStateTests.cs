using System.Text.Json;
using Vmm.Devices.Pci.Spec;
using Vmm.Devices.State;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.State;

/// <summary>What all virtio devices share, saved in the middle of use.</summary>
public sealed class CoreStateTests
{
    public static TheoryData<TransportKind> Transports => [TransportKind.Mmio, TransportKind.Pci];

    [Theory, MemberData(nameof(Transports))]
    public void What_the_driver_had_put_in_and_nobody_had_taken_is_done_after_the_restore(TransportKind kind)
    {
        using Rig source = new Rig(kind, new TestDevice()).Start();
        source.Core.Quiesce();
        source.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 4, true));
        source.Kick(0);
        Assert.Equal(0, source.Queues[0].UsedIndex);
        using var copy = new Rig(kind, new TestDevice());
        Transplant.Move(source, copy);
        Assert.Equal(1, copy.Queues[0].UsedIndex);
        Assert.Equal("done"u8, copy.Ram.Bytes(Rig.BufferStart, 4));
        Assert.Equal(1, copy.Driver.QueueInterrupts);
        // The source runs on, and loses nothing either.
        source.Core.Resume();
        source.Doorbells.Run();
        Assert.Equal(1, source.Queues[0].UsedIndex);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Doorbells_of_a_restored_device_are_armed(TransportKind kind)
    {
        using Rig source = new Rig(kind, new TestDevice()).Start();
        using var copy = new Rig(kind, new TestDevice());
        Transplant.Move(source, copy);
        Assert.Equal(source.Doorbells.Addresses, copy.Doorbells.Addresses);
        copy.Queues[1].Add(new GuestBuffer(Rig.BufferStart, 4, true));
        copy.Kick(1);
        Assert.Equal(1, copy.Queues[1].UsedIndex);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Restored_device_does_nothing_before_it_is_resumed(TransportKind kind)
    {
        using Rig source = new Rig(kind, new TestDevice()).Start();
        using var copy = new Rig(kind, new TestDevice());
        Transplant.Copy(source.Ram, copy.Ram);
        Transplant.Restore(copy.Driver, copy.Core, Transplant.Save(source.Driver, source.Core));
        copy.Queues[0] = source.Queues[0].On(copy.Ram);
        copy.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 4, true));
        copy.Kick(0);
        Assert.Equal(0, copy.Queues[0].UsedIndex);
        copy.Core.Resume();
        copy.Doorbells.Run();
        Assert.Equal(1, copy.Queues[0].UsedIndex);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Chains_in_flight_are_no_state(TransportKind kind)
    {
        var device = new TestDevice { Holds = true };
        using Rig rig = new Rig(kind, device).Start();
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 4, true));
        rig.Kick(0);
        Assert.Contains("1 chains in flight", Assert.Throws<InvalidOperationException>(() => rig.Core.SaveState()).Message, StringComparison.Ordinal);
        device.CompleteOne();
        rig.Core.Quiesce();
        rig.Core.SaveState();
    }

    [Theory, MemberData(nameof(Transports))]
    public void Device_in_use_is_not_restored(TransportKind kind)
    {
        using Rig rig = new Rig(kind, new TestDevice()).Start();
        rig.Core.Quiesce();
        JsonElement saved = rig.Core.SaveState();
        Assert.Throws<InvalidOperationException>(() => rig.Core.RestoreState(1, saved));
    }

    [Theory, MemberData(nameof(Transports))]
    public void Change_that_a_starting_driver_may_have_missed_is_told_it_after_the_restore(TransportKind kind)
    {
        var device = new TestDevice();
        using Rig source = new Rig(kind, device).Prepare();
        device.ChangeConfig(9);
        using var copy = new Rig(kind, new TestDevice());
        Transplant.Move(source, copy);
        Assert.Equal(0, copy.Driver.ConfigInterrupts);
        copy.Driver.Status = GuestDriver.DriverOk;
        Assert.Equal(1, copy.Driver.ConfigInterrupts);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "70")]
    public void Features_that_this_device_does_not_offer_are_refused_by_their_bits(TransportKind kind)
    {
        using Rig source = new Rig(kind, new TestDevice()).Start(Rig.DefaultFeatures | 0b101);
        string text = Transplant.Save(source.Driver, source.Core)[^1].GetRawText();
        string other = text.Replace($"\"driver-features\":{source.Core.DriverFeatures}", $"\"driver-features\":{source.Core.DriverFeatures | 0b1010}", StringComparison.Ordinal);
        using var copy = new Rig(kind, new TestDevice());
        string message = Assert.Throws<StateException>(() => copy.Core.RestoreState(1, JsonElement.Parse(other))).Message;
        Assert.Contains("the guest uses 0xa, which", message, StringComparison.Ordinal);
        Assert.Equal(0, copy.Driver.Status);
    }

    [Fact, Trait("Row", "70")]
    public void State_of_the_other_transport_is_refused()
    {
        using Rig source = new Rig(TransportKind.Mmio, new TestDevice()).Start();
        JsonElement saved = Transplant.Save(source.Driver, source.Core)[^1];
        using var copy = new Rig(TransportKind.Pci, new TestDevice());
        string message = Assert.Throws<StateException>(() => copy.Core.RestoreState(1, saved)).Message;
        Assert.Contains("interrupt-status", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Device_that_a_kernel_took_off_the_bus_stays_off_it()
    {
        using Rig source = new Rig(TransportKind.Pci, new TestDevice()).Start();
        var driver = (PciDriver)source.Driver;
        driver.WriteConfigSpace(PciRegister.Command, PciCommand.MemorySpace);
        source.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 4, true));
        source.Kick(0);
        using var copy = new Rig(TransportKind.Pci, new TestDevice());
        Transplant.Move(source, copy);
        Assert.Equal(0, copy.Queues[0].UsedIndex);
        ((PciDriver)copy.Driver).WriteConfigSpace(PciRegister.Command, (ushort)(PciCommand.MemorySpace | PciCommand.BusMaster));
        copy.Doorbells.Run();
        Assert.Equal(1, copy.Queues[0].UsedIndex);
    }

    [Fact]
    public void Pin_that_was_asserted_is_asserted_again_until_the_cause_is_read()
    {
        using Rig source = WithPin();
        source.Start();
        source.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 4, true));
        source.Kick(0);
        Assert.True(((PciDriver)source.Driver).LineIsHigh);
        using Rig copy = WithPin();
        Transplant.Move(source, copy);
        var driver = (PciDriver)copy.Driver;
        Assert.True(driver.LineIsHigh);
        Assert.Equal(1ul, driver.Read(driver.Structure(Vmm.Devices.Virtio.Spec.PciRegisters.VIRTIO_PCI_CAP_ISR_CFG), 1));
        Assert.False(driver.LineIsHigh);
    }

    [Fact]
    public void Queue_that_the_driver_stopped_stays_stopped()
    {
        using Rig source = new Rig(TransportKind.Mmio, new TestDevice()).Start();
        source.Driver.SelectQueue(0);
        source.Driver.QueueEnabled = false;
        using var copy = new Rig(TransportKind.Mmio, new TestDevice());
        Transplant.Move(source, copy);
        Assert.False(copy.Driver.QueueEnabled);
        copy.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 4, true));
        copy.Kick(0);
        Assert.Equal(0, copy.Queues[0].UsedIndex);
        copy.Driver.Status = 0;
        Assert.Equal(0, copy.Driver.Status);
    }

    private static Rig WithPin() => new(new TestDevice(), (core, doorbells) => new PciDriver(core, doorbells, useMsix: false));
}
