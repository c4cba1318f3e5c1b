using Vmm.Devices.State;
using Vmm.Devices.Virtio.Block;
using Vmm.Devices.Virtio.RateLimiting;
using Vmm.Tests.Devices.Virtio.Block;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;
using static Vmm.Devices.Virtio.Spec.BlockDevice;

namespace Vmm.Tests.Devices.State;

/// <summary>A disk that is saved in the middle of use.</summary>
public sealed class BlkStateTests
{
    private const ulong CacheFeatures = Rig.DefaultFeatures | 1UL << VIRTIO_BLK_F_FLUSH | 1UL << VIRTIO_BLK_F_CONFIG_WCE;

    [Fact]
    public void Requests_that_a_limit_holds_back_are_done_in_the_new_machine()
    {
        var limit = new RateLimit(null, new BucketLimit(2, 1_000_000_000));
        using BlkRig source = new(queues: 1, limit: limit);
        ulong[] statuses = [.. Enumerable.Range(0, 5).Select(i => source.Push(0, VIRTIO_BLK_T_IN, (ulong)i, 512))];
        source.Rig.Kick(0);
        int done = source.Returned(0);
        Assert.InRange(done, 1, 4);
        var disk = new VirtioBlk("disk0", new FakeDisk(2048) { IsLogging = false }, new BlockQueues(1, BlkRig.QueueSize));
        using var copy = new Rig(TransportKind.Pci, disk);
        Transplant.Move(source.Rig, copy);
        Assert.Equal(5, copy.Queues[0].UsedIndex);
        Assert.All(statuses, status => Assert.Equal(VIRTIO_BLK_S_OK, copy.Ram.Read<byte>(status)));
        Assert.Equal(5 - done, disk.Counters.Reads);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Cache_is_on_or_off_as_the_driver_had_it(byte writeback)
    {
        using Rig source = new Rig(TransportKind.Pci, Disk()).Start(CacheFeatures);
        source.Driver.WriteConfig(ConfigWriteback, [writeback]);
        using var copy = new Rig(TransportKind.Pci, Disk());
        Transplant.Move(source, copy);
        byte[] read = new byte[1];
        copy.Driver.ReadConfig(ConfigWriteback, read);
        Assert.Equal(writeback, read[0]);
    }

    [Fact, Trait("Row", "70")]
    public void Disk_with_fewer_queues_is_refused()
    {
        using BlkRig source = new(TransportKind.Mmio, queues: 2);
        using var copy = new Rig(TransportKind.Mmio, Disk());
        string message = Assert.Throws<StateException>(() => Transplant.Move(source.Rig, copy)).Message;
        Assert.StartsWith("state of disk0: ", message, StringComparison.Ordinal);
    }

    private static VirtioBlk Disk() => new("disk0", new FakeDisk(2048) { IsLogging = false });
}
