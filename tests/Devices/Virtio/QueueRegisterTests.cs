using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>Queue registers and notifications, on either transport.</summary>
public sealed class QueueRegisterTests
{
    public static TheoryData<TransportKind> Transports => [TransportKind.Mmio, TransportKind.Pci];

    [Theory, MemberData(nameof(Transports)), Trait("Row", "27")]
    public void Queue_registers_written_after_driver_ok_change_nothing(TransportKind kind)
    {
        using Rig rig = new Rig(kind, new TestDevice()).Start();
        rig.Driver.SelectQueue(0);
        rig.Driver.QueueSize = 0x8000;
        rig.Driver.DescriptorsAddress = 0xdead_0000;
        rig.Driver.AvailAddress = 0xdead_0000;
        rig.Driver.UsedAddress = 0xdead_0000;

        for (int i = 0; i < 40; i++)
        {
            rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
            rig.Kick(0);
        }

        Assert.Equal(40, rig.Queues[0].UsedIndex);
        Assert.Equal(16u, rig.Core.Queue(0).Size);
        Assert.True(rig.Ram.GuardsAreIntact);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "27")]
    public void Queue_registers_of_an_enabled_queue_are_frozen_before_driver_ok(TransportKind kind)
    {
        using Rig rig = new Rig(kind, new TestDevice()).Prepare();
        rig.Driver.SelectQueue(0);
        rig.Driver.QueueSize = 3;
        rig.Driver.UsedAddress = 1;
        rig.Driver.Status = GuestDriver.DriverOk;
        Assert.Equal(GuestDriver.DriverOk, rig.Driver.Status);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "27")]
    public void Queue_can_not_be_enabled_after_driver_ok(TransportKind kind)
    {
        using var rig = new Rig(kind, new TestDevice());
        rig.Driver.Negotiate(Rig.DefaultFeatures);
        rig.Driver.Status = GuestDriver.DriverOk;
        rig.Driver.SetUp(0, rig.Queues[0]);
        Assert.False(rig.Driver.QueueEnabled);
        Assert.Equal(0u, rig.Core.Queue(0).Size);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "30")]
    public void Queue_that_does_not_exist_has_size_zero_and_ignores_writes(TransportKind kind)
    {
        using var rig = new Rig(kind, new TestDevice());
        foreach (uint absent in (uint[])[2, 64, 0xFFFF])
        {
            rig.Driver.SetUp(absent, rig.Queues[0]);
            Assert.Equal(0u, rig.Driver.QueueMaxSize);
            Assert.False(rig.Driver.QueueEnabled);
        }
        rig.Driver.SelectQueue(1);
        Assert.Equal(8u, rig.Driver.QueueMaxSize);
        rig.Start();
        Assert.Equal(GuestDriver.DriverOk, rig.Driver.Status);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "32")]
    public void Writes_to_read_only_registers_are_dropped(TransportKind kind)
    {
        using var rig = new Rig(kind, new TestDevice());
        ulong features = rig.Driver.OfferedFeatures;
        uint generation = rig.Driver.ConfigGeneration;
        uint[] readOnly = kind == TransportKind.Mmio ? [0, 4, 8, 0xc, 0x10, 0x34, 0x60, 0xb0, 0xb4, 0xb8, 0xbc, 0xfc] : [4, 0x38];
        foreach (uint register in readOnly)
        {
            byte[] before = new byte[4], after = new byte[4];
            rig.Driver.ReadRaw(register, before);
            rig.Driver.WriteRaw(register, [0xff, 0xff, 0xff, 0xff]);
            rig.Driver.ReadRaw(register, after);
            Assert.Equal(before, after);
        }
        Assert.Equal((features, generation), (rig.Driver.OfferedFeatures, rig.Driver.ConfigGeneration));
        rig.Start();
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "33")]
    public void Notification_of_an_absent_or_dead_queue_is_ignored(TransportKind kind)
    {
        var device = new TestDevice();
        using var rig = new Rig(kind, device);
        rig.Driver.Notify(0);
        rig.Driver.Negotiate(Rig.DefaultFeatures);
        rig.Driver.Notify(0);
        rig.Driver.SetUp(1, rig.Queues[1]);
        rig.Driver.Status = GuestDriver.DriverOk;
        rig.Doorbells.Run();
        int processed = device.Processed;

        foreach (uint queue in (uint[])[0, 2, 63, 1000, 0xFFFF])
            rig.Kick(queue);

        Assert.Equal(processed, device.Processed);
        Assert.False(rig.NeedsReset);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "34")]
    public void Trapped_notification_does_what_a_doorbell_does_and_a_storm_of_them_is_one(TransportKind kind)
    {
        var device = new TestDevice();
        using var rig = new Rig(kind, device);
        rig.Doorbells.Refuses = true;
        rig.Start();
        int processed = device.Processed;
        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));

        for (int i = 0; i < 10_000; i++)
            rig.Driver.Notify(0);

        Assert.Equal(processed, device.Processed);
        Assert.Equal(1, rig.Doorbells.Posted);
        rig.Doorbells.Run();
        Assert.Equal(processed + 1, device.Processed);
        Assert.Equal(1, rig.Queues[0].UsedIndex);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "34")]
    public void Driver_that_feeds_its_queue_for_ever_leaves_the_event_thread_to_others(TransportKind kind)
    {
        using var rig = new Rig(kind, new TestDevice());
        rig.Start(Rig.DefaultFeatures);
        DriverQueue queue = rig.Queues[0];
        for (int i = 0; i < queue.Size; i++)
            queue.Add(new GuestBuffer(Rig.BufferStart, 16, true));
        rig.Driver.Notify(0);

        // The ring is full of work: one round takes at most the queue's size, and asks for another turn.
        Assert.Equal(queue.Size, queue.UsedIndex);
        Assert.Equal(1, rig.Doorbells.Posted);
        rig.Doorbells.Run();
        Assert.Equal(0, rig.Doorbells.Posted);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Doorbells_are_attached_while_queues_are_live_only(TransportKind kind)
    {
        using Rig rig = new Rig(kind, new TestDevice()).Prepare();
        Assert.Equal(0, rig.Doorbells.Attached);
        rig.Driver.Status = GuestDriver.DriverOk;
        Assert.Equal(2, rig.Doorbells.Attached);
        rig.Driver.Status = 0;
        Assert.Equal(0, rig.Doorbells.Attached);
    }
}
