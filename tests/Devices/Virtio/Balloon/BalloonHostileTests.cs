using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.Balloon;

/// <summary>Row 42: page numbers that a driver should not name are skipped and counted, and the next ones work.</summary>
public sealed class BalloonHostileTests
{
    [Theory, Trait("Row", "42")]
    [InlineData(uint.MaxValue)]
    [InlineData((uint)(BalloonRig.RamSize >> 12))]
    [InlineData((uint)(BalloonRig.HighStart >> 12) - 1)]
    [InlineData((uint)((BalloonRig.HighStart + BalloonRig.HighSize) >> 12))]
    [InlineData(0x8000_0000u)]
    public void Page_outside_RAM_is_skipped(uint pfn)
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.Inflate(0x200, pfn, 0x201);
        Assert.Equal([(0x20_0000UL, 0x2000UL)], rig.Releaser.Released);
        rig.Deflate(pfn, 0x200);
        Assert.Equal((1, 2), (rig.Device.HeldPages, rig.Counters.OutsidePages));
        Assert.False(rig.Rig.NeedsReset);
    }

    [Fact, Trait("Row", "42")]
    public void Page_that_comes_twice_goes_back_once()
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.Inflate(0x200, 0x200, 0x200);
        rig.Inflate(0x200, 0x201);
        Assert.Equal([(0x20_0000UL, 0x1000UL), (0x20_1000UL, 0x1000UL)], rig.Releaser.Released);
        Assert.Equal((2, 3), (rig.Device.HeldPages, rig.Counters.RepeatedPages));
    }

    [Fact, Trait("Row", "42")]
    public void Page_that_was_never_in_cannot_come_out()
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.Deflate(0x200);
        rig.Inflate(0x200);
        rig.Deflate(0x200, 0x200, 0x201);
        Assert.Equal((0, 1, 3), (rig.Device.HeldPages, rig.Counters.DeflatedPages, rig.Counters.RepeatedPages));
    }

    [Theory, Trait("Row", "42")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    public void Odd_length_takes_the_whole_numbers_in_it(int length)
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.Send(BalloonDevice.InflateQueue, new byte[] { 0, 2, 0, 0, 1, 2, 0, 0 }.AsSpan(0, length));
        Assert.Equal(length / 4, rig.Device.HeldPages);
        Assert.Equal(length % 4 == 0 ? 0 : 1, rig.Counters.OddBuffers);
        Assert.Equal(1, rig.Rig.Queues[BalloonDevice.InflateQueue].UsedIndex);
        Assert.False(rig.Rig.NeedsReset);
    }

    [Fact, Trait("Row", "42")]
    public void Page_numbers_split_over_buffers_are_put_together()
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.Rig.Ram.Write(BalloonRig.Buffers, 0x0000_0200_0000_0200UL);
        rig.Rig.Queues[0].Add(new GuestBuffer(BalloonRig.Buffers, 1), new GuestBuffer(BalloonRig.Buffers + 1, 2), new GuestBuffer(BalloonRig.Buffers + 3, 1));
        rig.Rig.Kick(0);
        Assert.Equal([(0x20_0000UL, 0x1000UL)], rig.Releaser.Released);
    }

    [Fact, Trait("Row", "42")]
    public void More_numbers_than_there_are_pages_are_not_looked_at()
    {
        using BalloonRig rig = new BalloonRig().Start();
        // The whole of RAM as one buffer of numbers, several times: far more than there are pages.
        GuestBuffer all = new(0, (uint)BalloonRig.RamSize);
        rig.Rig.Queues[0].Add(all, all, all, all);
        rig.Rig.Kick(0);
        long pages = (long)(BalloonRig.RamSize + BalloonRig.HighSize) / 4096;
        Assert.Equal(1, rig.Counters.OddBuffers);
        Assert.Equal(pages, rig.Counters.InflatedPages + rig.Counters.OutsidePages + rig.Counters.RepeatedPages);
        Assert.Equal(1, rig.Rig.Queues[0].UsedIndex);
    }

    [Fact, Trait("Row", "42")]
    public void Buffer_of_numbers_outside_RAM_stops_the_device_until_a_reset()
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.Rig.Queues[0].Add(new GuestBuffer(BalloonRig.RamSize, 4));
        rig.Rig.Kick(0);
        Assert.True(rig.Rig.NeedsReset);
        rig.Rig.Driver.Status = 0;
        Assert.Equal(0, rig.Rig.Driver.Status);
        Assert.Empty(rig.Releaser.Released);
    }

    [Theory, Trait("Row", "42")]
    [InlineData(uint.MaxValue)]
    [InlineData(0x8000_0000u)]
    public void Actual_that_cannot_be_is_told_as_all_there_is(uint actual)
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.WriteConfig(BalloonDevice.ConfigActual, actual);
        Assert.Equal((long)(BalloonRig.RamSize + BalloonRig.HighSize) / 4096, rig.Device.Status.ActualPages);
        Assert.Equal(actual, rig.ReadConfig(BalloonDevice.ConfigActual));
    }

    [Fact, Trait("Row", "42")]
    public void Driver_writes_only_the_fields_that_are_its_own()
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.Device.SetTarget(3);
        Span<byte> ones = stackalloc byte[32];
        ones.Fill(0xff);
        rig.Rig.Driver.WriteConfig(0, ones[..16]);
        Assert.Equal((3u, uint.MaxValue, 0u, uint.MaxValue), (rig.ReadConfig(0), rig.ReadConfig(4), rig.ReadConfig(8), rig.ReadConfig(12)));
    }

    [Fact, Trait("Row", "42")]
    public void Host_that_takes_nothing_is_counted_and_the_guest_gets_its_answer()
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.Releaser.Refuses = true;
        rig.Inflate(0x200, 0x201);
        Assert.Equal((0, 8192, 2), (rig.Counters.ReleasedBytes, rig.Counters.KeptBytes, rig.Device.HeldPages));
        Assert.Equal(1, rig.Rig.Queues[0].UsedIndex);
    }

    [Fact, Trait("Row", "42")]
    public void Reset_while_memory_is_given_back_waits_for_it_and_the_queue_works_afterwards()
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.Releaser.OnRelease = () => rig.Rig.Core.WriteStatus(0, waitForReset: false);
        rig.Inflate(0x200);
        Assert.Equal(0, rig.Rig.Driver.Status);
        Assert.Equal(0, rig.Device.HeldPages);
        rig.Releaser.OnRelease = null;
        foreach (DriverQueue queue in rig.Rig.Queues)
            rig.Rig.Ram.Bytes(queue.Descriptors, (int)(queue.End - queue.Descriptors)).Clear();
        rig.Start();
        rig.Inflate(0x200);
        Assert.Equal(1, rig.Device.HeldPages);
    }
}
