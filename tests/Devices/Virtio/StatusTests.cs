using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>The status machine, feature negotiation and configuration space, on either transport.</summary>
public sealed class StatusTests
{
    public static TheoryData<TransportKind> Transports => [TransportKind.Mmio, TransportKind.Pci];

    [Theory, MemberData(nameof(Transports))]
    public void Device_starts_with_status_zero_and_offers_modern_features(TransportKind kind)
    {
        using var rig = new Rig(kind, new TestDevice());
        Assert.Equal(0, rig.Driver.Status);
        Assert.Equal(0b101UL | GuestDriver.Version1 | GuestDriver.EventIndex | GuestDriver.IndirectDescriptors, rig.Driver.OfferedFeatures);
        Assert.Equal(0u, rig.Driver.ReadFeatures(2));
        Assert.Equal(0u, rig.Driver.ReadFeatures(uint.MaxValue));
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "28")]
    public void Status_bits_can_not_be_skipped(TransportKind kind)
    {
        using var rig = new Rig(kind, new TestDevice());
        foreach (byte skipping in (byte[])[2, 4, 8, 5, 9, 0xD, 7, 0xE])
        {
            rig.Driver.Status = skipping;
            Assert.Equal(0, rig.Driver.Status);
        }
        rig.Driver.Status = GuestDriver.Driver;
        rig.Driver.Status = GuestDriver.Driver | 4;
        Assert.Equal(GuestDriver.Driver, rig.Driver.Status);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "28")]
    public void Status_bits_can_not_be_cleared_but_all_at_once(TransportKind kind)
    {
        using Rig rig = new Rig(kind, new TestDevice()).Start();
        foreach (byte clearing in (byte[])[1, 3, 0xB, 7, 0x80])
        {
            rig.Driver.Status = clearing;
            Assert.Equal(GuestDriver.DriverOk, rig.Driver.Status);
        }
        rig.Driver.Status = 0;
        Assert.Equal(0, rig.Driver.Status);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "28")]
    public void Driver_can_not_set_needs_reset_or_reserved_bits(TransportKind kind)
    {
        using var rig = new Rig(kind, new TestDevice());
        rig.Driver.Status = GuestDriver.Acknowledge | 0x70;
        Assert.Equal(GuestDriver.Acknowledge, rig.Driver.Status);
        rig.Driver.Status = GuestDriver.Acknowledge | 0x80;
        Assert.Equal(GuestDriver.Acknowledge | 0x80, rig.Driver.Status);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "28")]
    public void Features_that_were_not_offered_are_refused(TransportKind kind)
    {
        foreach (ulong bad in (ulong[])[2, 1UL << 34, 1UL << 35, 1UL << 40, 1UL << 63])
        {
            using var rig = new Rig(kind, new TestDevice());
            Assert.False(rig.Driver.Negotiate(Rig.DefaultFeatures | bad));
            Assert.Equal(GuestDriver.Driver, rig.Driver.Status);
            rig.Driver.Status = GuestDriver.DriverOk;
            Assert.Equal(GuestDriver.Driver, rig.Driver.Status);

            rig.Driver.Status = 0;
            Assert.True(rig.Driver.Negotiate(Rig.DefaultFeatures));
        }
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "28")]
    public void Feature_bits_beyond_64_are_refused(TransportKind kind)
    {
        using var rig = new Rig(kind, new TestDevice());
        rig.Driver.WriteFeatures(2, 1);
        Assert.False(rig.Driver.Negotiate(Rig.DefaultFeatures));
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "28")]
    public void Driver_without_version_1_is_refused(TransportKind kind)
    {
        using var rig = new Rig(kind, new TestDevice());
        Assert.False(rig.Driver.Negotiate(GuestDriver.IndirectDescriptors));
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "28")]
    public void Features_that_the_device_does_not_take_together_are_refused(TransportKind kind)
    {
        using var rig = new Rig(kind, new TestDevice { RefusedFeatures = 4 });
        Assert.False(rig.Driver.Negotiate(Rig.DefaultFeatures | 4));
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "28")]
    public void Features_can_not_change_once_they_are_agreed(TransportKind kind)
    {
        var device = new TestDevice();
        using var rig = new Rig(kind, device);
        rig.Driver.Negotiate(Rig.DefaultFeatures);
        rig.Driver.WriteFeatures(0, uint.MaxValue);
        rig.Driver.Status = GuestDriver.DriverOk;
        Assert.Equal(Rig.DefaultFeatures, device.Features);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "31")]
    public void Configuration_reads_zero_past_its_end_and_takes_odd_widths(TransportKind kind)
    {
        using var rig = new Rig(kind, new TestDevice());
        byte[] data = new byte[8];
        rig.Driver.ReadConfig(6, data);
        Assert.Equal([7, 8, 9, 10, 0, 0, 0, 0], data);
        rig.Driver.ReadConfig(9, data.AsSpan(0, 2));
        Assert.Equal([10, 0], data[..2]);
        rig.Driver.ReadConfig(10, data.AsSpan(0, 4));
        Assert.Equal(new byte[4], data[..4]);
        rig.Driver.ReadConfig(0x800, data);
        Assert.Equal(new byte[8], data);

        rig.Driver.WriteConfig(8, [0xAA, 0xBB, 0xCC, 0xDD]);
        rig.Driver.WriteConfig(10, [0xEE]);
        rig.Driver.ReadConfig(7, data.AsSpan(0, 4));
        Assert.Equal([8, 0xAA, 0xBB, 0], data[..4]);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Configuration_change_interrupts_a_driver_that_is_ready(TransportKind kind)
    {
        var device = new TestDevice();
        using var rig = new Rig(kind, device);
        device.ChangeConfig(77);
        Assert.Equal(0, rig.Driver.ConfigInterrupts);
        rig.Start();
        device.ChangeConfig(78);
        Assert.Equal(1, rig.Driver.ConfigInterrupts);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Generation_differs_after_a_changed_configuration_was_read_however_often_it_changed(TransportKind kind)
    {
        var device = new TestDevice();
        using var rig = new Rig(kind, device);
        byte[] data = new byte[1];
        foreach (int changes in (int[])[1, 2, 256, 512])
        {
            rig.Driver.ReadConfig(0, data);
            uint before = rig.Driver.ConfigGeneration;
            rig.Driver.ReadConfig(0, data);
            Assert.Equal(before, rig.Driver.ConfigGeneration);

            for (int i = 0; i < changes; i++)
                device.ChangeConfig((byte)(i + 3));
            rig.Driver.ReadConfig(0, data);

            Assert.Equal((byte)(changes + 2), data[0]);
            Assert.NotEqual(before, rig.Driver.ConfigGeneration);
        }
    }

    [Theory, MemberData(nameof(Transports))]
    public void Generation_differs_after_a_reset_which_may_have_changed_the_configuration(TransportKind kind)
    {
        using Rig rig = new Rig(kind, new TestDevice()).Start();
        byte[] data = new byte[1];
        rig.Driver.ReadConfig(0, data);
        uint before = rig.Driver.ConfigGeneration;
        rig.Driver.Status = 0;
        rig.Driver.ReadConfig(0, data);
        Assert.NotEqual(before, rig.Driver.ConfigGeneration);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "15")]
    public void Bad_chain_needs_a_reset_and_stops_the_queues_while_the_device_answers_on(TransportKind kind)
    {
        using Rig rig = new Rig(kind, new TestDevice()).Start();
        rig.Queues[0].MakeAvailable(999);
        rig.Kick(0);
        Assert.Equal(GuestDriver.DriverOk | GuestDriver.NeedsReset, rig.Driver.Status);
        Assert.Equal(1, rig.Driver.ConfigInterrupts);
        Assert.Equal(1, rig.Core.Faults);
        Assert.Equal("queue 0: HeadOutOfRange", rig.Core.LastFault);

        rig.Queues[1].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        rig.Kick(1);
        Assert.Equal(0, rig.Queues[1].UsedIndex);

        rig.Driver.Status = 0;
        rig.Ram.Bytes(Rig.FirstRing, 0x4000).Clear();
        rig.Start();
        rig.Queues[1].Add(new GuestBuffer(Rig.BufferStart, 16, true));
        rig.Kick(1);
        Assert.Equal(1, rig.Queues[1].UsedIndex);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "21")]
    public void Buffer_outside_RAM_needs_a_reset_for_a_device_that_can_not_report_it(TransportKind kind)
    {
        using Rig rig = new Rig(kind, new TestDevice()).Start();
        rig.Queues[0].Add(new GuestBuffer(Rig.RamSize - 4, 16, true));
        rig.Kick(0);
        Assert.True(rig.NeedsReset);
        rig.Driver.Status = 0;
        Assert.Equal(0, rig.Driver.Status);
        Assert.True(rig.Ram.GuardsAreIntact);
    }
}
