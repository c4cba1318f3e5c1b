using Vmm.Devices.Virtio.Balloon;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.Balloon;

/// <summary>Free page reporting, on whichever queue the driver has it.</summary>
public sealed class PageReportingTests
{
    private const ulong Both = BalloonRig.Statistics | BalloonRig.Reporting;

    private static BalloonRig Make() => new(options: new BalloonOptions { FreePageReporting = true });

    private static void Report(BalloonRig rig, int queue, params ReadOnlySpan<GuestBuffer> pages)
    {
        rig.Rig.Queues[queue].Add(pages);
        rig.Rig.Kick((uint)queue);
    }

    [Theory]
    [InlineData(Both, BalloonDevice.ReportingQueue)]                 // as the specification numbers queues
    [InlineData(Both, 3)]                                            // as Linux does, with statistics
    [InlineData(BalloonRig.Reporting, BalloonDevice.StatisticsQueue)] // and without
    [InlineData(BalloonRig.Reporting, BalloonDevice.ReportingQueue)]
    public void Reported_memory_goes_back_at_once(ulong features, int queue)
    {
        using BalloonRig rig = Make().Start(features);
        rig.Rig.Ram.Write(0x20_0000, 0x1234);
        Report(rig, queue, new GuestBuffer(0x20_0000, 0x8000, true), new GuestBuffer(0x30_0000, 0x1000, true));
        // Two pages that adjoin in the host are one or two pieces.
        Assert.Equal(0x9000, rig.Releaser.Released.Sum(piece => (long)piece.Length));
        Assert.Equal(0x9000, rig.Counters.ReportedBytes);
        Assert.Equal(0, rig.Rig.Ram.Read<int>(0x20_0000));
        Assert.Equal(1, rig.Rig.Queues[queue].UsedIndex);
    }

    [Fact]
    public void Poisoned_pages_stay_as_they_are()
    {
        using BalloonRig rig = Make().Start(Both | BalloonRig.Poison);
        rig.WriteConfig(BalloonDevice.ConfigPoisonValue, 0xaaaa_aaaa);
        rig.Rig.Ram.Write(0x20_0000, 0xaaaa_aaaa);
        Report(rig, BalloonDevice.ReportingQueue, new GuestBuffer(0x20_0000, 0x1000, true));
        Assert.Empty(rig.Releaser.Released);
        Assert.Equal(0xaaaa_aaaa, rig.Rig.Ram.Read<uint>(0x20_0000));
        Assert.Equal((0, 4096), (rig.Counters.ReportedBytes, rig.Counters.KeptBytes));
        // Inflated pages are written anew by their driver: poison does not keep them.
        rig.Inflate(0x200);
        Assert.Single(rig.Releaser.Released);
    }

    [Theory]
    [InlineData(Both | BalloonRig.Poison, 0)]
    [InlineData(Both, 0xaa)]
    public void Poison_of_zero_or_not_negotiated_lets_pages_go(ulong features, uint poison)
    {
        using BalloonRig rig = Make().Start(features);
        rig.WriteConfig(BalloonDevice.ConfigPoisonValue, poison);
        Report(rig, BalloonDevice.ReportingQueue, new GuestBuffer(0x20_0000, 0x1000, true));
        Assert.Single(rig.Releaser.Released);
    }

    [Fact, Trait("Row", "42")]
    public void Report_outside_RAM_is_skipped_and_what_is_good_in_it_taken()
    {
        using BalloonRig rig = Make().Start(Both);
        Report(rig, BalloonDevice.ReportingQueue, new GuestBuffer(0x20_0000, 0x1000, true), new GuestBuffer(BalloonRig.RamSize + 0x1000, 0x1000, true));
        Assert.Equal([(0x20_0000UL, 0x1000UL)], rig.Releaser.Released);
        Assert.Equal(1, rig.Counters.OutsidePages);
        Assert.False(rig.Rig.NeedsReset);
        Assert.Equal(1, rig.Rig.Queues[BalloonDevice.ReportingQueue].UsedIndex);
    }

    [Theory, Trait("Row", "42")]
    [InlineData(0x20_0001UL, 0x1ffeu, 0)]
    [InlineData(0x20_0fffUL, 0x1002u, 0x1000)]
    [InlineData(0x20_0000UL, 1u, 0)]
    public void Part_of_a_page_is_never_given_back(ulong address, uint length, long expected)
    {
        using BalloonRig rig = Make().Start(Both);
        Report(rig, BalloonDevice.ReportingQueue, new GuestBuffer(address, length, true));
        Assert.Equal(expected, rig.Releaser.Released.Sum(piece => (long)piece.Length));
        Assert.Equal(length - expected, rig.Counters.KeptBytes);
    }

    [Fact, Trait("Row", "42")]
    public void Readable_buffers_on_the_reporting_queue_are_no_reports()
    {
        using BalloonRig rig = Make().Start(Both);
        Report(rig, BalloonDevice.ReportingQueue, new GuestBuffer(0x20_0000, 0x1000));
        Assert.Empty(rig.Releaser.Released);
        Assert.Equal(1, rig.Rig.Queues[BalloonDevice.ReportingQueue].UsedIndex);
    }

    [Fact]
    public void Nobody_reports_who_did_not_negotiate_it()
    {
        using BalloonRig rig = Make().Start(BalloonRig.Statistics);
        Report(rig, BalloonDevice.ReportingQueue, new GuestBuffer(0x20_0000, 0x1000, true));
        Assert.Empty(rig.Releaser.Released);
        Assert.Equal(0, rig.Rig.Queues[BalloonDevice.ReportingQueue].UsedIndex);
    }
}
