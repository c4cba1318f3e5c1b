using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>What happens when a driver sets its queues up wrongly, on either transport.</summary>
public sealed class ActivationTests
{
    public static TheoryData<TransportKind> Transports => [TransportKind.Mmio, TransportKind.Pci];

    public static TheoryData<TransportKind, uint> BadSizes
    {
        get
        {
            var data = new TheoryData<TransportKind, uint>();
            foreach (TransportKind kind in Enum.GetValues<TransportKind>())
            {
                foreach (uint size in (uint[])[0, 3, 15, 32, 0x8000, 0xFFFF])
                    data.Add(kind, size);
            }
            return data;
        }
    }

    public static TheoryData<TransportKind, ulong, ulong, ulong> BadRings
    {
        get
        {
            const ulong desc = 0x1000, avail = 0x2000, used = 0x3000;
            var data = new TheoryData<TransportKind, ulong, ulong, ulong>();
            foreach (TransportKind kind in Enum.GetValues<TransportKind>())
            {
                data.Add(kind, desc + 8, avail, used);
                data.Add(kind, desc, avail + 1, used);
                data.Add(kind, desc, avail, used + 2);
                data.Add(kind, Rig.RamSize, avail, used);
                data.Add(kind, Rig.RamSize - 16, avail, used);
                data.Add(kind, desc, Rig.RamSize - 4, used);
                data.Add(kind, desc, avail, Rig.RamSize - 8);
                data.Add(kind, ulong.MaxValue - 15, avail, used);
                data.Add(kind, desc, ulong.MaxValue - 1, used);
                data.Add(kind, desc, avail, ulong.MaxValue - 3);
                data.Add(kind, MmioDriver.Address, avail, used);
                data.Add(kind, desc, avail, PciDriver.WindowStart);
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(Transports))]
    public void Device_works_after_the_whole_initialisation_sequence(TransportKind kind)
    {
        var device = new TestDevice();
        using Rig rig = new Rig(kind, device).Start();
        Assert.Equal(GuestDriver.DriverOk, rig.Driver.Status);
        Assert.Equal((1, Rig.DefaultFeatures), (device.Activations, device.Features));

        ushort head = rig.Queues[1].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        rig.Kick(1);

        Assert.Equal(1, rig.Queues[1].UsedIndex);
        Assert.Equal((head, 4u), rig.Queues[1].UsedElement(0));
        Assert.Equal("done"u8, rig.Ram.Bytes(Rig.BufferStart, 4));
        Assert.Equal(1, rig.Driver.QueueInterrupts);
    }

    [Theory, MemberData(nameof(BadSizes)), Trait("Row", "12")]
    public void Impossible_queue_size_needs_a_reset(TransportKind kind, uint size)
    {
        using var rig = new Rig(kind, new TestDevice());
        rig.Driver.Negotiate(Rig.DefaultFeatures);
        rig.Driver.SelectQueue(0);
        rig.Driver.QueueSize = size;
        rig.Driver.DescriptorsAddress = rig.Queues[0].Descriptors;
        rig.Driver.AvailAddress = rig.Queues[0].Avail;
        rig.Driver.UsedAddress = rig.Queues[0].Used;
        rig.Driver.QueueEnabled = true;

        rig.Driver.Status = GuestDriver.DriverOk;

        AssertFailedAndRecovers(rig);
    }

    [Theory, MemberData(nameof(BadRings)), Trait("Row", "13")]
    public void Ring_that_is_misaligned_or_outside_RAM_needs_a_reset(TransportKind kind, ulong descriptors, ulong avail, ulong used)
    {
        using var rig = new Rig(kind, new TestDevice());
        rig.Driver.Negotiate(Rig.DefaultFeatures);
        (DriverQueue good, DriverQueue bad) = (rig.Queues[0], new DriverQueue(rig.Ram, 0x1000, 16));
        (bad.Descriptors, bad.Avail, bad.Used) = (descriptors, avail, used);
        rig.Driver.SetUp(0, bad);

        rig.Driver.Status = GuestDriver.DriverOk;

        Assert.NotSame(good, bad);
        AssertFailedAndRecovers(rig);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "13")]
    public void Ring_across_two_regions_needs_a_reset(TransportKind kind)
    {
        using var rig = new Rig(kind, new TestDevice(), (0UL, 0x2000UL), (0x2000UL, Rig.RamSize));
        rig.Driver.Negotiate(Rig.DefaultFeatures);
        rig.Driver.SetUp(0, new DriverQueue(rig.Ram, 0x1FF0, 16));
        rig.Driver.Status = GuestDriver.DriverOk;
        AssertFailedAndRecovers(rig);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "25"), Trait("Row", "13")]
    public void Used_ring_over_descriptors_and_available_ring_harms_only_the_guest(TransportKind kind)
    {
        using var rig = new Rig(kind, new TestDevice());
        foreach (DriverQueue queue in rig.Queues)
            queue.Used = queue.Avail = queue.Descriptors;
        rig.Start();
        for (int i = 0; i < 100; i++)
        {
            rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
            rig.Kick(0);
        }
        Assert.True(rig.Ram.GuardsAreIntact);

        rig.Driver.Status = 0;
        Assert.Equal(0, rig.Driver.Status);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Queue_that_the_driver_left_alone_stays_dead(TransportKind kind)
    {
        var device = new TestDevice();
        using var rig = new Rig(kind, device);
        rig.Driver.Negotiate(Rig.DefaultFeatures);
        rig.Driver.SetUp(1, rig.Queues[1]);
        rig.Driver.Status = GuestDriver.DriverOk;
        rig.Doorbells.Run();
        int processed = device.Processed;

        rig.Queues[0].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        rig.Kick(0);

        Assert.Equal(processed, device.Processed);
        Assert.False(rig.NeedsReset);
    }

    private static void AssertFailedAndRecovers(Rig rig)
    {
        Assert.True(rig.NeedsReset);
        Assert.Equal(1, rig.Driver.ConfigInterrupts);
        Assert.Equal(0, rig.Doorbells.Attached);
        rig.Kick(0);
        Assert.Equal(0, ((TestDevice)rig.Core.Device).Activations);

        rig.Driver.Status = 0;
        Assert.Equal(0, rig.Driver.Status);
        rig.Start();
        Assert.Equal(GuestDriver.DriverOk, rig.Driver.Status);
        Assert.True(rig.Ram.GuardsAreIntact);
    }
}
