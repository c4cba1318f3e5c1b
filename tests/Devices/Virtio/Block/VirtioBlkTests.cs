using System.Text;
using Vmm.Devices.Backends;
using Vmm.Guest.Memory;
using Xunit;
using static Vmm.Devices.Virtio.Spec.BlockDevice;

namespace Vmm.Tests.Devices.Virtio.Block;

/// <summary>What a well-behaved driver gets.</summary>
public sealed class VirtioBlkTests
{
    private const int Sectors = 1024;

    [Fact]
    public void Read_fills_the_buffer_and_reports_data_and_status_as_written()
    {
        using BlkDriver driver = new(Disk());
        Assert.Equal(VIRTIO_BLK_S_OK, driver.Do(VIRTIO_BLK_T_IN, 3, BlkDriver.In(BlkDriver.Data, 1024)));
        Assert.Equal((0u, 1025u), driver.NextUsed());
        for (ulong i = 0; i < 1024; i++)
            Assert.Equal(driver.Disk.Content[3 * 512 + (int)i], driver.Byte(BlkDriver.Data + i));
        Assert.Equal(1, driver.QueueInterrupts);
        Assert.Equal((1, 1024), (driver.Device.Counters.Reads, driver.Device.Counters.ReadBytes));
    }

    [Fact]
    public void Write_stores_the_buffer()
    {
        using BlkDriver driver = new(Disk());
        driver.Fill(BlkDriver.Data, 1024, 0xAB);
        Assert.Equal(VIRTIO_BLK_S_OK, driver.Do(VIRTIO_BLK_T_OUT, 1022, BlkDriver.Out(BlkDriver.Data, 1024)));
        Assert.Equal((0u, 1u), driver.NextUsed());
        Assert.False(driver.Disk.Content.AsSpan(1022 * 512).ContainsAnyExcept((byte)0xAB));
        Assert.Equal((1, 1024), (driver.Device.Counters.Writes, driver.Device.Counters.WrittenBytes));
    }

    [Fact]
    [Trait("Row", "36")]
    public void Header_data_and_status_may_be_cut_anywhere()
    {
        using BlkDriver driver = new(Disk());
        ulong header = driver.Header(VIRTIO_BLK_T_IN, 5);
        driver.Push(
            BlkDriver.Out(header, 1), BlkDriver.Out(header + 1, 8), BlkDriver.Out(header + 9, 7),
            BlkDriver.In(BlkDriver.Data, 100), BlkDriver.In(BlkDriver.Data + 200, 413));
        driver.Kick();
        Assert.Equal((0u, 513u), driver.NextUsed());
        Assert.Equal(driver.Disk.Content[5 * 512 + 99], driver.Byte(BlkDriver.Data + 99));
        Assert.Equal(driver.Disk.Content[5 * 512 + 511], driver.Byte(BlkDriver.Data + 200 + 411));
        Assert.Equal(VIRTIO_BLK_S_OK, driver.Byte(BlkDriver.Data + 200 + 412));
    }

    [Fact]
    public void Header_and_data_may_share_a_descriptor()
    {
        using BlkDriver driver = new(Disk());
        driver.Fill(BlkDriver.Data, 1024, 0x5A);
        driver.Memory.TryWrite(new GuestAddress(BlkDriver.Data), (ulong)VIRTIO_BLK_T_OUT);
        driver.Memory.TryWrite(new GuestAddress(BlkDriver.Data + 8), 7UL);
        ulong status = driver.Header(0, 0) + 16;
        driver.Push(BlkDriver.Out(BlkDriver.Data, 16 + 512), BlkDriver.In(status, 1));
        driver.Kick();
        Assert.Equal(VIRTIO_BLK_S_OK, driver.Byte(status));
        Assert.False(driver.Disk.Content.AsSpan(7 * 512, 512).ContainsAnyExcept((byte)0x5A));
    }

    [Fact]
    [Trait("Row", "21")]
    public void Buffer_across_two_regions_of_memory_is_split()
    {
        using BlkDriver driver = new(Disk());
        Assert.Equal(VIRTIO_BLK_S_OK, driver.Do(VIRTIO_BLK_T_IN, 0, BlkDriver.In(BlkDriver.Seam - 700, 2048)));
        for (ulong i = 0; i < 2048; i++)
            Assert.Equal(driver.Disk.Content[(int)i], driver.Byte(BlkDriver.Seam - 700 + i));
    }

    [Fact]
    public void Flush_reaches_the_back_end()
    {
        using BlkDriver driver = new(Disk());
        Assert.Equal(VIRTIO_BLK_S_OK, driver.Do(VIRTIO_BLK_T_FLUSH, 0));
        Assert.Equal(BlockOperation.Flush, Assert.Single(driver.Disk.Log).Operation);
        Assert.Equal(1, driver.Device.Counters.Flushes);
    }

    [Fact]
    public void Serial_number_is_padded_with_zeros()
    {
        using BlkDriver driver = new(Disk());
        driver.Fill(BlkDriver.Data, 32, 0xFF);
        Assert.Equal(VIRTIO_BLK_S_OK, driver.Do(VIRTIO_BLK_T_GET_ID, 0, BlkDriver.In(BlkDriver.Data, 20)));
        var id = new byte[20];
        driver.Memory.TryRead(new GuestAddress(BlkDriver.Data), id);
        Assert.Equal("serial-number\0\0\0\0\0\0\0", Encoding.ASCII.GetString(id));
        Assert.Equal((0u, 21u), driver.NextUsed());
    }

    [Fact]
    [Trait("Row", "38")]
    public void Serial_number_is_cut_to_a_short_buffer()
    {
        using BlkDriver driver = new(Disk());
        driver.Fill(BlkDriver.Data, 32, 0xFF);
        Assert.Equal(VIRTIO_BLK_S_OK, driver.Do(VIRTIO_BLK_T_GET_ID, 0, BlkDriver.In(BlkDriver.Data, 6)));
        Assert.Equal((byte)'l', driver.Byte(BlkDriver.Data + 5));
        Assert.Equal(0xFF, driver.Byte(BlkDriver.Data + 6));
    }

    [Fact]
    public void Discard_and_zeroes_pass_their_ranges_on()
    {
        using BlkDriver driver = new(Disk());
        Assert.Equal(VIRTIO_BLK_S_OK, driver.Do(VIRTIO_BLK_T_DISCARD, 0, driver.Ranges((8, 16, 0), (100, 1, 0))));
        Assert.Equal([new BlockRange(4096, 8192, false), new BlockRange(51200, 512, false)], driver.Disk.Erased);
        driver.Disk.Erased.Clear();
        Assert.Equal(VIRTIO_BLK_S_OK, driver.Do(VIRTIO_BLK_T_WRITE_ZEROES, 0, driver.Ranges((0, Sectors, 1), (1, 2, 0))));
        Assert.Equal([new BlockRange(0, Sectors * 512, true), new BlockRange(512, 1024, false)], driver.Disk.Erased);
        Assert.Equal((1, 1), (driver.Device.Counters.Discards, driver.Device.Counters.ZeroWrites));
    }

    [Fact]
    public void Configuration_tells_capacity_block_sizes_and_limits()
    {
        FakeDisk disk = new(Sectors) { Limits = new BlockLimits { LogicalBlockSize = 512, PhysicalBlockSize = 4096, DiscardGranularity = 4096 } };
        using BlkDriver driver = new(disk);
        Assert.Equal(Sectors, BitConverter.ToInt64(driver.Device.Config[ConfigCapacity..]));
        Assert.Equal(254, BitConverter.ToInt32(driver.Device.Config[ConfigSegMax..]));
        Assert.Equal(512, BitConverter.ToInt32(driver.Device.Config[ConfigBlockSize..]));
        Assert.Equal(3, driver.Device.Config[ConfigPhysicalBlockExponent]);
        Assert.Equal(8, BitConverter.ToInt16(driver.Device.Config[ConfigMinIoSize..]));
        Assert.Equal(1, driver.Device.Config[ConfigWriteback]);
        Assert.Equal(8, BitConverter.ToInt32(driver.Device.Config[ConfigDiscardAlignment..]));
        Assert.Equal(1, driver.Device.Config[ConfigWriteZeroesMayUnmap]);
    }

    [Fact]
    public void Read_only_disk_says_so_and_offers_nothing_that_writes()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors) { ReadOnly = true });
        Assert.True(driver.Core.Has(VIRTIO_BLK_F_RO));
        Assert.False(driver.Core.Has(VIRTIO_BLK_F_DISCARD));
        Assert.False(driver.Core.Has(VIRTIO_BLK_F_WRITE_ZEROES));
    }

    [Fact]
    public void Writes_are_durable_when_the_driver_turns_the_cache_off()
    {
        using BlkDriver driver = new(Disk());
        driver.Do(VIRTIO_BLK_T_OUT, 0, BlkDriver.Out(BlkDriver.Data, 512));
        driver.Core.WriteConfig(ConfigWriteback, [0]);
        driver.Do(VIRTIO_BLK_T_OUT, 0, BlkDriver.Out(BlkDriver.Data, 512));
        driver.Do(VIRTIO_BLK_T_IN, 0, BlkDriver.In(BlkDriver.Data, 512));
        Assert.Equal([false, true, false], driver.Disk.Log.Select(entry => entry.Durable));
    }

    [Fact]
    public void Writes_are_durable_for_a_driver_without_flush()
    {
        using BlkDriver driver = new(Disk(), features: 0);
        driver.Do(VIRTIO_BLK_T_OUT, 0, BlkDriver.Out(BlkDriver.Data, 512));
        Assert.True(Assert.Single(driver.Disk.Log).Durable);
    }

    [Fact]
    public void Reset_turns_the_cache_on_again()
    {
        using BlkDriver driver = new(Disk());
        driver.Core.WriteConfig(ConfigWriteback, [0]);
        driver.Core.WriteStatus(0, waitForReset: true);
        Assert.Equal(1, driver.Device.Config[ConfigWriteback]);
    }

    [Fact]
    [Trait("Row", "32")]
    public void Configuration_other_than_the_cache_mode_cannot_be_written()
    {
        using BlkDriver driver = new(Disk());
        byte[] before = driver.Device.Config.ToArray();
        for (ulong offset = 0; offset < ConfigSize; offset++)
            driver.Core.WriteConfig(offset, [0xFF, 0xFF, 0xFF, 0xFF]);
        Assert.Equal(before, driver.Device.Config.ToArray());
    }

    private static FakeDisk Disk()
    {
        FakeDisk disk = new(Sectors);
        for (int i = 0; i < disk.Content.Length; i++)
            disk.Content[i] = (byte)(1 + (i * 7 + i / 512) % 251);
        return disk;
    }
}
