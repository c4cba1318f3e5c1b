using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>Reset and standing still with requests in flight.</summary>
public sealed class ResetTests
{
    public static TheoryData<TransportKind> Transports => [TransportKind.Mmio, TransportKind.Pci];

    [Theory, MemberData(nameof(Transports))]
    public void Chains_are_completed_in_any_order(TransportKind kind)
    {
        var device = new TestDevice { Holds = true };
        using Rig rig = new Rig(kind, device).Start();
        ushort[] heads = [.. Enumerable.Range(0, 3).Select(i => rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart + (ulong)i * 64, 64, true)))];
        rig.Kick(0);
        Assert.Equal(3, device.InFlight.Count);

        device.CompleteOne(2);
        device.CompleteOne(0);
        device.CompleteOne(0);

        Assert.Equal([heads[2], heads[0], heads[1]], Enumerable.Range(0, 3).Select(i => (ushort)rig.Queues[0].UsedElement(i).Id));
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "26")]
    public void Same_head_twice_in_flight_needs_a_reset(TransportKind kind)
    {
        var device = new TestDevice { Holds = true };
        using Rig rig = new Rig(kind, device).Start();
        ushort head = rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 64, true));
        rig.Queues[0].MakeAvailable(head);
        rig.Kick(0);
        Assert.True(rig.NeedsReset);

        device.CompleteOne();
        rig.Driver.Status = 0;
        Assert.Equal(0, rig.Driver.Status);
    }

    [Fact, Trait("Row", "29")]
    public void Reset_over_PCI_reads_as_pending_until_the_last_request_came_back_and_nothing_is_written_after()
    {
        var device = new TestDevice { Holds = true };
        using Rig rig = new Rig(TransportKind.Pci, device).Start();
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 64, true));
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart + 64, 64, true));
        rig.Kick(0);

        rig.Driver.Status = 0;
        Assert.NotEqual(0, rig.Driver.Status);
        device.CompleteOne();
        Assert.NotEqual(0, rig.Driver.Status);
        Assert.Equal(0, device.Resets);
        device.CompleteOne();

        Assert.Equal(0, rig.Driver.Status);
        Assert.Equal(1, device.Resets);
        int interrupts = rig.Driver.QueueInterrupts;
        byte[] ram = rig.Ram.Bytes(0, (int)Rig.RamSize).ToArray();
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 64, true));
        rig.Kick(0);
        Assert.Equal(interrupts, rig.Driver.QueueInterrupts);
        Assert.Equal(ram.AsSpan((int)Rig.BufferStart), rig.Ram.Bytes(Rig.BufferStart, (int)(Rig.RamSize - Rig.BufferStart)));
        Assert.Equal(0, rig.Doorbells.Attached);
    }

    [Fact, Trait("Row", "29")]
    public void Reset_over_MMIO_returns_when_the_last_request_came_back()
    {
        var device = new TestDevice { Holds = true };
        using Rig rig = new Rig(TransportKind.Mmio, device).Start();
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 64, true));
        rig.Kick(0);

        bool returned = false;
        var vcpu = new Thread(() =>
        {
            rig.Driver.Status = 0;
            Volatile.Write(ref returned, true);
        });
        vcpu.Start();
        SpinWait.SpinUntil(() => !rig.Core.IsActive);
        Assert.False(Volatile.Read(ref returned));
        Assert.Equal(0, device.Resets);

        device.CompleteOne();
        Assert.True(vcpu.Join(TimeSpan.FromSeconds(30)));

        Assert.Equal(0, rig.Driver.Status);
        Assert.Equal(1, device.Resets);
    }

    [Fact, Trait("Row", "29")]
    public void Driver_that_does_not_wait_for_its_reset_is_made_to()
    {
        var device = new TestDevice { Holds = true };
        using Rig rig = new Rig(TransportKind.Pci, device).Start();
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 64, true));
        rig.Kick(0);
        rig.Driver.Status = 0;

        var vcpu = new Thread(() => rig.Driver.Status = GuestDriver.Acknowledge);
        vcpu.Start();
        device.CompleteOne();
        Assert.True(vcpu.Join(TimeSpan.FromSeconds(30)));

        Assert.Equal(GuestDriver.Acknowledge, rig.Driver.Status);
        Assert.Equal(1, device.Resets);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Reset_makes_everything_as_at_power_on(TransportKind kind)
    {
        using Rig rig = new Rig(kind, new TestDevice()).Start();
        rig.Driver.Status = 0;
        rig.Driver.SelectQueue(0);
        Assert.False(rig.Driver.QueueEnabled);
        Assert.Equal(16u, rig.Driver.QueueMaxSize);
        Assert.Equal(0UL, rig.Core.DriverFeatures);

        rig.Ram.Bytes(Rig.FirstRing, 0x4000).Clear();
        rig.Start();
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 64, true));
        rig.Kick(0);
        Assert.Equal(1, rig.Queues[0].UsedIndex);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Quiesced_device_takes_nothing_and_goes_on_where_it_was(TransportKind kind)
    {
        using Rig rig = new Rig(kind, new TestDevice()).Start();
        rig.Core.Quiesce();
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 64, true));
        rig.Kick(0);
        Assert.Equal(0, rig.Queues[0].UsedIndex);

        rig.Core.Resume();
        rig.Doorbells.Run();
        Assert.Equal(1, rig.Queues[0].UsedIndex);
    }

    [Fact]
    public void Quiesce_waits_for_requests_in_flight()
    {
        var device = new TestDevice { Holds = true };
        using Rig rig = new Rig(TransportKind.Pci, device).Start();
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 64, true));
        rig.Kick(0);

        var pauser = new Thread(rig.Core.Quiesce);
        pauser.Start();
        SpinWait.SpinUntil(() => rig.Core.Queue(0).IsHeld);
        Assert.True(pauser.IsAlive);
        device.CompleteOne();
        Assert.True(pauser.Join(TimeSpan.FromSeconds(30)));
        Assert.Equal(1, rig.Queues[0].UsedIndex);
    }
}
