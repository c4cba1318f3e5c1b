using Vmm.Devices.Virtio.Balloon;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Balloon;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.State;

/// <summary>A balloon that is saved in the middle of use.</summary>
public sealed class BalloonStateTests
{
    [Fact]
    public void Pages_in_the_balloon_and_its_size_are_known_in_the_new_machine()
    {
        using BalloonRig source = new BalloonRig().Start();
        source.Device.SetTarget(3);
        source.Inflate(0x100, 0x101, 0x180);
        source.WriteConfig(BalloonDevice.ConfigActual, 3);
        using var copy = new BalloonRig();
        Transplant.Move(source.Rig, copy.Rig);
        Assert.Equal((3u, 3L, 3L), (copy.Device.Status.TargetPages, copy.Device.Status.ActualPages, copy.Device.HeldPages));
        Assert.Equal(3u, copy.ReadConfig(BalloonDevice.ConfigNumPages));
        copy.Inflate(0x101);
        Assert.Equal(1, copy.Counters.RepeatedPages);
        copy.Deflate(0x100, 0x101, 0x180);
        Assert.Equal(0, copy.Device.HeldPages);
    }

    [Fact]
    public void Statistics_buffer_is_in_its_queue_while_at_rest_and_is_asked_back_from_either_machine()
    {
        using BalloonRig source = new BalloonRig().Start();
        source.Tell(BalloonDevice.VIRTIO_BALLOON_S_MEMFREE, 7);
        using var copy = new BalloonRig();
        Transplant.Move(source.Rig, copy.Rig);
        Assert.Equal(0, Queue(source).UsedIndex);
        Assert.Equal((7UL, 1L), (copy.Device.Status.Statistics.FreeBytes, copy.Device.Status.Updates));
        source.Rig.Core.Resume();
        source.Rig.Doorbells.Run();
        Assert.Equal((7UL, 1L), (source.Device.Status.Statistics.FreeBytes, source.Device.Status.Updates));
        foreach (BalloonRig rig in (BalloonRig[])[copy, source])
        {
            rig.Device.RequestStatistics();
            Assert.Equal(1, Queue(rig).UsedIndex);
            rig.Tell(BalloonDevice.VIRTIO_BALLOON_S_MEMFREE, 8);
            Assert.Equal((8UL, 2L), (rig.Device.Status.Statistics.FreeBytes, rig.Device.Status.Updates));
        }
    }

    [Fact]
    public void Statistics_are_asked_for_at_their_interval_after_the_restore()
    {
        var options = new BalloonOptions { StatisticsInterval = TimeSpan.FromSeconds(5) };
        using BalloonRig source = new BalloonRig(options: options).Start();
        source.Tell(BalloonDevice.VIRTIO_BALLOON_S_MEMFREE, 7);
        using var copy = new BalloonRig(options: options);
        Transplant.Move(source.Rig, copy.Rig);
        copy.Rig.Doorbells.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(1, Queue(copy).UsedIndex);
    }

    private static DriverQueue Queue(BalloonRig rig) => rig.Rig.Queues[BalloonDevice.StatisticsQueue];
}
