using Vmm.Devices.Virtio.Balloon;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.Balloon;

/// <summary>Where the host's pages are larger than the balloon's: 64 KiB here, of which 16 pages make one.</summary>
public sealed class HugePageBalloonTests
{
    private const ulong Huge = 64 << 10;
    private const uint PagesInHuge = (uint)(Huge / 4096);

    // A whole one of the host's, wherever the test's memory happens to lie.
    private static uint FirstWhole(BalloonRig rig)
    {
        rig.Rig.Ram.Memory.TryGetReadPointer(new(0x20_0000), 1, out nint host);
        return 0x200 + (uint)(((ulong)-host & (Huge - 1)) / 4096);
    }

    [Fact]
    public void Page_within_a_huge_one_waits_until_all_of_it_is_in_the_balloon()
    {
        using BalloonRig rig = new BalloonRig(granularity: Huge).Start();
        uint[] all = [.. Enumerable.Range(0x200, (int)PagesInHuge).Select(i => (uint)i)];
        rig.Inflate(all.AsSpan(0, 7));
        rig.Inflate(all.AsSpan(8));
        Assert.Empty(rig.Releaser.Released);
        Assert.Equal(PagesInHuge - 1, rig.Device.HeldPages);
        rig.Inflate(all[7]);
        Assert.Equal([(0x20_0000UL, Huge)], rig.Releaser.Released);
        Assert.Equal((long)Huge, rig.Counters.ReleasedBytes);
    }

    [Theory]
    [InlineData(Huge, true)]
    [InlineData(4096UL, false)]
    public void Driver_that_would_use_pages_again_untold_is_refused_where_pages_go_back_with_others(ulong granularity, bool mustTell)
    {
        using var rig = new BalloonRig(granularity: granularity);
        Assert.Equal(mustTell, (rig.Rig.Driver.OfferedFeatures & BalloonRig.MustTellHost) != 0);
        Assert.Equal(!mustTell, rig.Rig.Driver.Negotiate(Rig.DefaultFeatures));
        rig.Rig.Driver.Status = 0;
        Assert.Equal(mustTell, rig.Rig.Driver.Negotiate(Rig.DefaultFeatures | BalloonRig.MustTellHost));
    }

    [Fact]
    public void Last_page_of_a_huge_one_beside_a_repeated_one_gives_it_back_once()
    {
        using BalloonRig rig = new BalloonRig(granularity: Huge).Start();
        rig.Inflate(0x20e);
        rig.Inflate([.. Enumerable.Range(0x200, (int)PagesInHuge).Select(i => (uint)i)]);
        Assert.Equal([(0x20_0000UL, Huge)], rig.Releaser.Released);
        Assert.Equal(((long)Huge, 1), (rig.Counters.ReleasedBytes, rig.Counters.RepeatedPages));
    }

    [Fact]
    public void Whole_huge_pages_of_a_long_run_go_back_together()
    {
        using BalloonRig rig = new BalloonRig(granularity: Huge).Start();
        rig.Inflate([.. Enumerable.Range(0x205, 60).Select(i => (uint)i)]);
        Assert.Equal([(0x21_0000UL, 3 * Huge)], rig.Releaser.Released);
    }

    [Fact]
    public void Report_gives_back_whole_huge_pages_and_counts_the_rest()
    {
        using BalloonRig rig = new BalloonRig(options: new BalloonOptions { FreePageReporting = true }, granularity: Huge).Start(BalloonRig.Reporting);
        ulong start = (ulong)FirstWhole(rig) * 4096;
        rig.Rig.Queues[BalloonDevice.ReportingQueue].Add(new GuestBuffer(start - 4096, (uint)(2 * Huge) + 8192, true));
        rig.Rig.Kick(BalloonDevice.ReportingQueue);
        Assert.Equal([(start, 2 * Huge)], rig.Releaser.Released);
        Assert.Equal((2 * (long)Huge, 8192), (rig.Counters.ReportedBytes, rig.Counters.KeptBytes));
    }

    [Fact]
    public void Report_within_one_huge_page_stays()
    {
        using BalloonRig rig = new BalloonRig(options: new BalloonOptions { FreePageReporting = true }, granularity: Huge).Start(BalloonRig.Reporting);
        ulong start = (ulong)FirstWhole(rig) * 4096;
        rig.Rig.Queues[BalloonDevice.ReportingQueue].Add(new GuestBuffer(start + 4096, (uint)Huge - 4096, true));
        rig.Rig.Kick(BalloonDevice.ReportingQueue);
        Assert.Empty(rig.Releaser.Released);
        Assert.Equal((0, (long)Huge - 4096), (rig.Counters.ReportedBytes, rig.Counters.KeptBytes));
    }
}
