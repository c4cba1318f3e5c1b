using Vmm.Devices.Backends;
using Xunit;
using static Vmm.Devices.Virtio.Spec.BlockDevice;

namespace Vmm.Tests.Devices.Virtio.Block;

/// <summary>Requests in flight: order, batches, resets and threads.</summary>
public sealed class VirtioBlkFlightTests
{
    private const int Sectors = 1024;

    [Fact]
    [Trait("Row", "34")]
    public void Stalled_back_end_does_not_hold_up_the_queue()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors) { Stalled = true });
        for (uint i = 0; i < 20; i++)
            driver.PushData(VIRTIO_BLK_T_IN, i, 512);
        driver.Kick();
        Assert.Equal(20, driver.Disk.Pending.Count);
        Assert.Null(driver.NextUsed());
        Assert.DoesNotContain(driver.Disk.Log, entry => entry.MayBlock);
    }

    [Fact]
    public void Requests_come_back_in_the_order_of_their_completion()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors) { Stalled = true });
        for (uint i = 0; i < 3; i++)
            driver.PushData(VIRTIO_BLK_T_IN, i, 512);
        driver.Kick();
        driver.Disk.Pending.Reverse();
        driver.Disk.CompleteAll();
        Assert.Equal([6u, 3u, 0u], new[] { driver.NextUsed()!.Value.Head, driver.NextUsed()!.Value.Head, driver.NextUsed()!.Value.Head });
    }

    [Fact]
    public void Batch_that_completes_at_once_takes_one_interrupt()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        for (uint i = 0; i < 8; i++)
            driver.PushData(VIRTIO_BLK_T_IN, i, 512);
        driver.Kick();
        for (int i = 0; i < 8; i++)
            Assert.NotNull(driver.NextUsed());
        Assert.Equal(1, driver.QueueInterrupts);
    }

    [Fact]
    public void Full_queue_is_worked_off()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        for (uint i = 0; i < 85; i++)
            driver.PushData(VIRTIO_BLK_T_IN, i, 512);
        driver.Kick();
        Assert.Equal(85, driver.Device.Counters.Reads);
    }

    [Fact]
    public void Request_alone_may_use_the_event_thread()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        driver.Do(VIRTIO_BLK_T_IN, 0, BlkDriver.In(BlkDriver.Data, 512));
        Assert.True(Assert.Single(driver.Disk.Log).MayBlock);
    }

    [Fact]
    public void Request_beside_another_in_flight_may_not_use_the_event_thread()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors) { Stalled = true });
        driver.PushData(VIRTIO_BLK_T_IN, 0, 512);
        driver.Kick();
        driver.PushData(VIRTIO_BLK_T_IN, 1, 512);
        driver.Kick();
        Assert.Equal([true, false], driver.Disk.Log.Select(entry => entry.MayBlock));
    }

    [Fact]
    public void Request_that_had_to_wait_for_the_event_thread_makes_later_ones_leave_it()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        driver.Disk.OnSubmit = () =>
        {
            driver.Disk.OnSubmit = null;
            driver.PushData(VIRTIO_BLK_T_IN, 1, 512);
        };
        driver.Do(VIRTIO_BLK_T_IN, 0, BlkDriver.In(BlkDriver.Data, 512));
        driver.Do(VIRTIO_BLK_T_IN, 2, BlkDriver.In(BlkDriver.Data, 512));
        Assert.Equal([true, false, false], driver.Disk.Log.Select(entry => entry.MayBlock));
    }

    [Fact]
    public void Device_is_not_locked_while_the_back_end_works_on_the_event_thread()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        byte seen = 0;
        driver.Disk.OnSubmit = () =>
        {
            Thread vcpu = new(() =>
            {
                Span<byte> capacity = stackalloc byte[8];
                driver.Core.ReadConfig(ConfigCapacity, capacity);
                seen = capacity[1];
            });
            vcpu.Start();
            Assert.True(vcpu.Join(TimeSpan.FromSeconds(20)), "a vCPU waited for the disk");
        };
        driver.Do(VIRTIO_BLK_T_IN, 0, BlkDriver.In(BlkDriver.Data, 512));
        Assert.Equal(Sectors >> 8, seen);
    }

    [Fact]
    [Trait("Row", "29")]
    public void Reset_waits_for_what_is_in_flight_and_nothing_is_written_after_it()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors) { Stalled = true });
        ulong status = driver.PushData(VIRTIO_BLK_T_IN, 0, 512);
        driver.Kick();
        driver.Core.WriteStatus(0, waitForReset: false);
        Assert.NotEqual(0, driver.Core.Status);
        Assert.True(driver.IsUntouched(status));
        driver.Disk.CompleteAll();
        Assert.Equal(0, driver.Core.Status);
        Assert.Equal(VIRTIO_BLK_S_OK, driver.Byte(status));

        driver.Disk.Stalled = false;
        driver.Start(driver.Core.OfferedFeatures);
        Assert.Equal(VIRTIO_BLK_S_OK, driver.Do(VIRTIO_BLK_T_IN, 1, BlkDriver.In(BlkDriver.Data, 512)));
        Assert.Equal((0u, 513u), driver.NextUsed());
        Assert.Null(driver.NextUsed());
    }

    [Fact]
    [Trait("Row", "29")]
    public void Reset_written_while_the_back_end_works_completes_when_it_is_done()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        driver.Disk.OnSubmit = () => driver.Core.WriteStatus(0, waitForReset: false);
        driver.PushData(VIRTIO_BLK_T_IN, 0, 512);
        driver.PushData(VIRTIO_BLK_T_IN, 1, 512);
        driver.Kick();
        Assert.Equal(0, driver.Core.Status);
        Assert.Equal(2, driver.Disk.Log.Count);
    }

    [Fact]
    [Trait("Row", "29")]
    public void Completions_from_other_threads_during_a_reset_are_all_waited_for()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors) { Stalled = true });
        for (uint i = 0; i < 64; i++)
            driver.PushData(VIRTIO_BLK_T_IN, i, 512);
        driver.Kick();
        Thread[] workers = [.. driver.Disk.Pending.Chunk(16).Select(part => new Thread(() =>
        {
            foreach (BlockRequest request in part)
                driver.Disk.Do(request);
        }))];
        foreach (Thread worker in workers)
            worker.Start();
        driver.Core.WriteStatus(0, waitForReset: true);
        Assert.Equal(0, driver.Core.Status);
        Assert.Equal(64, driver.Device.Counters.Reads);
        foreach (Thread worker in workers)
            worker.Join();
    }

    [Fact]
    public void Requests_allocate_nothing_once_warm()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors) { IsLogging = false });
        for (int i = 0; i < 200; i++)
            Cycle(driver);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 1000; i++)
                Cycle(driver);
        }));
    }

    private static void Cycle(BlkDriver driver)
    {
        driver.PushData(VIRTIO_BLK_T_IN, 3, 4096);
        driver.PushData(VIRTIO_BLK_T_OUT, 30, 4096);
        driver.Kick();
        while (driver.NextUsed() is not null)
        {
        }
    }
}
