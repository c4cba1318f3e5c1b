using Vmm.Devices.Virtio.Balloon;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.Balloon;

/// <summary>What an honest driver finds.</summary>
public sealed class VirtioBalloonTests
{
    public static TheoryData<TransportKind> Transports => [TransportKind.Mmio, TransportKind.Pci];

    [Theory, MemberData(nameof(Transports))]
    public void Pages_that_lie_together_go_back_together(TransportKind kind)
    {
        using BalloonRig rig = new BalloonRig(kind).Start();
        rig.Inflate(0x203, 0x201, 0x200, 0x300, 0x202);
        Assert.Equal([(0x20_0000UL, 0x4000UL), (0x30_0000UL, 0x1000UL)], rig.Releaser.Released);
        Assert.Equal((5, 5 * 4096), (rig.Device.HeldPages, rig.Counters.ReleasedBytes));
        Assert.Equal(1, rig.Rig.Queues[BalloonDevice.InflateQueue].UsedIndex);
        Assert.True(rig.Rig.Driver.QueueInterrupts > 0);
        Assert.False(rig.Rig.NeedsReset);
    }

    [Fact]
    public void Buffer_of_many_batches_goes_back_in_few_pieces()
    {
        using BalloonRig rig = new BalloonRig().Start();
        uint[] pfns = [.. Enumerable.Range(0, 512).Select(i => (uint)(0x3ff - i))];
        rig.Inflate(pfns);
        Assert.Equal([(0x20_0000UL, 512 * 4096UL)], rig.Releaser.Released);
    }

    [Fact]
    public void Both_regions_of_RAM_are_reached_and_no_run_crosses_between_them()
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.Inflate((uint)(BalloonRig.RamSize >> 12) - 1, (uint)(BalloonRig.HighStart >> 12));
        Assert.Equal([(BalloonRig.RamSize - 4096, 4096UL), (BalloonRig.HighStart, 4096UL)], rig.Releaser.Released);
    }

    [Fact]
    public void Page_that_came_out_can_go_in_again()
    {
        using BalloonRig rig = new BalloonRig().Start();
        rig.Inflate(0x200);
        rig.Deflate(0x200);
        Assert.Equal(0, rig.Device.HeldPages);
        rig.Inflate(0x200);
        Assert.Equal(1, rig.Device.HeldPages);
        Assert.Equal(2, rig.Releaser.Released.Count);
        Assert.Equal((2, 1, 0), (rig.Counters.InflatedPages, rig.Counters.DeflatedPages, rig.Counters.RepeatedPages));
    }

    [Theory, MemberData(nameof(Transports))]
    public void Target_is_told_with_a_configuration_interrupt_and_actual_is_read_back(TransportKind kind)
    {
        using BalloonRig rig = new(kind, new BalloonOptions { TargetPages = 7 });
        rig.Start();
        Assert.Equal(7u, rig.ReadConfig(BalloonDevice.ConfigNumPages));
        uint generation = rig.Rig.Driver.ConfigGeneration;
        rig.Device.SetTarget(100);
        Assert.Equal(1, rig.Rig.Driver.ConfigInterrupts);
        Assert.Equal(100u, rig.ReadConfig(BalloonDevice.ConfigNumPages));
        Assert.NotEqual(generation, rig.Rig.Driver.ConfigGeneration);
        rig.Device.SetTarget(100);
        Assert.Equal(1, rig.Rig.Driver.ConfigInterrupts);
        rig.WriteConfig(BalloonDevice.ConfigActual, 60);
        Assert.Equal((100u, 60L, true), (rig.Device.Status.TargetPages, rig.Device.Status.ActualPages, rig.Device.Status.IsActive));
    }

    [Fact]
    public void Target_that_was_set_before_a_driver_came_is_what_it_finds()
    {
        using BalloonRig rig = new();
        rig.Device.SetTarget(9);
        rig.Start();
        Assert.Equal(9u, rig.ReadConfig(BalloonDevice.ConfigNumPages));
    }

    [Fact]
    public void Only_what_was_chosen_is_offered()
    {
        using BalloonRig plain = new();
        using BalloonRig all = new(options: new BalloonOptions { DeflateOnOom = true, FreePageReporting = true });
        const ulong own = 0xff;
        Assert.Equal(BalloonRig.Statistics, plain.Rig.Core.OfferedFeatures & own);
        Assert.Equal(BalloonRig.Statistics | BalloonRig.DeflateOnOom | BalloonRig.Poison | BalloonRig.Reporting, all.Rig.Core.OfferedFeatures & own);
        Assert.Equal((3, 5), (plain.Rig.Core.QueueCount, all.Rig.Core.QueueCount));
    }

    [Fact]
    public void Driver_that_goes_leaves_an_empty_balloon_and_the_wish_stays()
    {
        using BalloonRig rig = new(options: new BalloonOptions { TargetPages = 5 });
        rig.Start();
        rig.Inflate(0x200, 0x201);
        rig.WriteConfig(BalloonDevice.ConfigActual, 2);
        rig.Rig.Driver.Status = 0;
        Assert.Equal(0, rig.Device.HeldPages);
        Assert.Equal((5u, 0L, false), (rig.Device.Status.TargetPages, rig.Device.Status.ActualPages, rig.Device.Status.IsActive));
    }

    [Fact]
    public void Memory_is_given_back_without_the_device_s_lock()
    {
        using BalloonRig rig = new BalloonRig().Start();
        bool reached = false;
        rig.Releaser.OnRelease = () =>
        {
            // As a vCPU that reads the configuration meanwhile: on a thread of its own, which a lock would hold up.
            Thread vcpu = new(() => rig.ReadConfig(BalloonDevice.ConfigNumPages));
            vcpu.Start();
            reached = vcpu.Join(TimeSpan.FromSeconds(60));
        };
        rig.Inflate(0x200);
        Assert.True(reached);
    }

    [Fact]
    public void Nothing_is_allocated_once_it_runs()
    {
        using BalloonRig rig = new BalloonRig(TransportKind.Mmio, new BalloonOptions { FreePageReporting = true }).Start(BalloonRig.Statistics | BalloonRig.Reporting);
        rig.Releaser.IsRecording = false;
        uint[] pfns = [.. Enumerable.Range(0x200, 300).Select(i => (uint)i)];
        int rounds = 0;
        Rounds(1);
        Assert.Equal(0, Allocated.Least(() => Rounds(20)));
        Assert.Equal(rounds * 300 * 4096L, rig.Counters.ReleasedBytes);

        void Rounds(int count)
        {
            for (int i = 0; i < count; i++, rounds++)
                Round();
        }

        void Round()
        {
            Ring(BalloonDevice.InflateQueue, new GuestBuffer(BalloonRig.Buffers, (uint)pfns.Length * 4));
            Ring(BalloonDevice.DeflateQueue, new GuestBuffer(BalloonRig.Buffers, (uint)pfns.Length * 4));
            Ring(BalloonDevice.ReportingQueue, new GuestBuffer(0x30_0000, 0x1_0000, true));
            Ring(BalloonDevice.StatisticsQueue, new GuestBuffer(BalloonRig.Buffers, 100));
            rig.Device.RequestStatistics();
        }

        void Ring(int queue, GuestBuffer buffer)
        {
            pfns.AsSpan().CopyTo(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(rig.Rig.Ram.Bytes(BalloonRig.Buffers, pfns.Length * 4)));
            rig.Rig.Queues[queue].Add(buffer);
            rig.Rig.Core.Doorbell(queue).Ring();
        }
    }
}
