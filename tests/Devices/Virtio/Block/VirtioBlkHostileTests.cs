using Vmm.Devices.Backends;
using Xunit;
using static Vmm.Devices.Virtio.Spec.BlockDevice;

namespace Vmm.Tests.Devices.Virtio.Block;

/// <summary>What a broken driver gets: an error for that request or a device that wants a reset, never more.</summary>
public sealed class VirtioBlkHostileTests
{
    private const int Sectors = 1024;

    [Fact]
    [Trait("Row", "36")]
    public void Short_header_is_an_error()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        ulong header = driver.Header(VIRTIO_BLK_T_IN, 0);
        driver.Push(BlkDriver.Out(header, 15), BlkDriver.In(BlkDriver.Data, 512), BlkDriver.In(header + 16, 1));
        driver.Kick();
        Assert.Equal(VIRTIO_BLK_S_IOERR, driver.Byte(header + 16));
        AssertStillWorks(driver);
    }

    [Fact]
    [Trait("Row", "36")]
    public void Request_without_a_header_is_an_error()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        ulong status = driver.Header(0, 0) + 16;
        driver.Push(BlkDriver.In(status, 1));
        driver.Kick();
        Assert.Equal(VIRTIO_BLK_S_IOERR, driver.Byte(status));
        AssertStillWorks(driver);
    }

    [Fact]
    [Trait("Row", "36")]
    public void Request_without_a_status_byte_stops_the_device_until_a_reset()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        driver.Push(BlkDriver.Out(driver.Header(VIRTIO_BLK_T_OUT, 0), 16), BlkDriver.Out(BlkDriver.Data, 512));
        driver.Kick();
        Assert.True(driver.NeedsReset);
        Assert.Equal(1, driver.ConfigInterrupts);
        Assert.Empty(driver.Disk.Log);
        driver.Core.WriteStatus(0, waitForReset: true);
        driver.Start(driver.Core.OfferedFeatures);
        AssertStillWorks(driver);
    }

    [Fact]
    [Trait("Row", "36")]
    public void Requests_gathered_before_a_fault_are_dropped_and_a_reset_completes()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        driver.PushData(VIRTIO_BLK_T_IN, 0, 512);
        driver.Push(BlkDriver.Out(driver.Header(VIRTIO_BLK_T_OUT, 0), 16));
        driver.Kick();
        Assert.True(driver.NeedsReset);
        driver.Core.WriteStatus(0, waitForReset: true);
        Assert.Equal(0, driver.Core.Status);
    }

    [Theory]
    [Trait("Row", "36")]
    [InlineData(Sectors, 512u)]
    [InlineData(Sectors - 1, 1024u)]
    [InlineData(0x0080_0000_0000_0000UL, 512u)]
    [InlineData(0x007F_FFFF_FFFF_FFFFUL, 1024u)]
    [InlineData(ulong.MaxValue, 512u)]
    [InlineData(ulong.MaxValue - 1, 2048u)]
    public void Sectors_past_the_end_are_an_error(ulong sector, uint length)
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        Assert.Equal(VIRTIO_BLK_S_IOERR, driver.Do(VIRTIO_BLK_T_IN, sector, BlkDriver.In(BlkDriver.Data, length)));
        Assert.Equal(VIRTIO_BLK_S_IOERR, driver.Do(VIRTIO_BLK_T_OUT, sector, BlkDriver.Out(BlkDriver.Data, length)));
        Assert.Empty(driver.Disk.Log);
        Assert.Equal(2, driver.Device.Counters.RefusedRequests);
        AssertStillWorks(driver);
    }

    [Theory]
    [Trait("Row", "19")]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(511u)]
    [InlineData(513u)]
    public void Data_that_is_no_number_of_sectors_is_an_error(uint length)
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        Assert.Equal(VIRTIO_BLK_S_IOERR, driver.Do(VIRTIO_BLK_T_IN, 0, BlkDriver.In(BlkDriver.Data, length)));
        Assert.Equal(VIRTIO_BLK_S_IOERR, driver.Do(VIRTIO_BLK_T_OUT, 0, BlkDriver.Out(BlkDriver.Data, length)));
        AssertStillWorks(driver);
    }

    [Fact]
    [Trait("Row", "20")]
    public void Buffer_of_almost_4_GiB_stops_the_device_without_being_allocated()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        driver.Do(VIRTIO_BLK_T_IN, 0, BlkDriver.In(BlkDriver.Data, uint.MaxValue));
        Assert.True(driver.NeedsReset);
        Assert.Empty(driver.Disk.Log);
    }

    [Fact]
    [Trait("Row", "37")]
    public void Write_to_a_read_only_disk_fails_and_writes_nothing()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors) { ReadOnly = true });
        Assert.Equal(VIRTIO_BLK_S_IOERR, driver.Do(VIRTIO_BLK_T_OUT, 0, BlkDriver.Out(BlkDriver.Data, 512)));
        Assert.Equal(VIRTIO_BLK_S_UNSUPP, driver.Do(VIRTIO_BLK_T_DISCARD, 0, driver.Ranges((0, 8, 0))));
        Assert.Equal(VIRTIO_BLK_S_UNSUPP, driver.Do(VIRTIO_BLK_T_WRITE_ZEROES, 0, driver.Ranges((0, 8, 0))));
        Assert.Empty(driver.Disk.Log);
        AssertStillWorks(driver);
    }

    [Theory]
    [Trait("Row", "37")]
    [InlineData(2u)]
    [InlineData(14u)]
    [InlineData(0x8000_0000u)]
    [InlineData(uint.MaxValue)]
    public void Unknown_request_types_are_unsupported(uint type)
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        Assert.Equal(VIRTIO_BLK_S_UNSUPP, driver.Do(type, 0, BlkDriver.In(BlkDriver.Data, 512)));
        Assert.Equal(1, driver.Device.Counters.UnsupportedRequests);
        AssertStillWorks(driver);
    }

    [Theory]
    [Trait("Row", "37")]
    [InlineData(VIRTIO_BLK_T_DISCARD, 1u)]
    [InlineData(VIRTIO_BLK_T_DISCARD, 0x8000_0000u)]
    [InlineData(VIRTIO_BLK_T_WRITE_ZEROES, 2u)]
    [InlineData(VIRTIO_BLK_T_WRITE_ZEROES, 3u)]
    public void Unknown_flags_of_a_range_are_unsupported(uint type, uint flags)
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        Assert.Equal(VIRTIO_BLK_S_UNSUPP, driver.Do(type, 0, driver.Ranges((0, 8, 0), (8, 8, flags))));
        Assert.Empty(driver.Disk.Log);
        AssertStillWorks(driver);
    }

    [Theory]
    [Trait("Row", "37")]
    [InlineData(0UL, uint.MaxValue)]
    [InlineData(0UL, Sectors + 1u)]
    [InlineData(Sectors, 1u)]
    [InlineData(ulong.MaxValue, 2u)]
    public void Ranges_past_the_end_or_too_large_are_an_error(ulong sector, uint count)
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        Assert.Equal(VIRTIO_BLK_S_IOERR, driver.Do(VIRTIO_BLK_T_DISCARD, 0, driver.Ranges((sector, count, 0))));
        Assert.Equal(VIRTIO_BLK_S_IOERR, driver.Do(VIRTIO_BLK_T_WRITE_ZEROES, 0, driver.Ranges((sector, count, 1))));
        Assert.Empty(driver.Disk.Log);
        AssertStillWorks(driver);
    }

    [Theory]
    [Trait("Row", "37")]
    [InlineData(0u)]
    [InlineData(15u)]
    [InlineData(17u)]
    [InlineData(17u * 16)]
    [InlineData(0x20000u)]
    public void Lists_of_ranges_that_are_odd_empty_or_too_long_are_an_error(uint length)
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        Assert.Equal(VIRTIO_BLK_S_IOERR, driver.Do(VIRTIO_BLK_T_DISCARD, 0, BlkDriver.Out(BlkDriver.Data, length)));
        Assert.Empty(driver.Disk.Log);
        AssertStillWorks(driver);
    }

    [Fact]
    [Trait("Row", "38")]
    public void Serial_number_without_a_buffer_does_no_harm()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        Assert.Equal(VIRTIO_BLK_S_OK, driver.Do(VIRTIO_BLK_T_GET_ID, 0));
        AssertStillWorks(driver);
    }

    [Theory]
    [Trait("Row", "58")]
    [InlineData(BlockStatus.IoError, VIRTIO_BLK_S_IOERR)]
    [InlineData(BlockStatus.Unsupported, VIRTIO_BLK_S_UNSUPP)]
    public void Failure_of_the_back_end_is_reported_and_the_queue_goes_on(BlockStatus answer, byte status)
    {
        using BlkDriver driver = new(new FakeDisk(Sectors) { Answer = answer });
        Assert.Equal(status, driver.Do(VIRTIO_BLK_T_IN, 0, BlkDriver.In(BlkDriver.Data, 512)));
        // Nothing was read, so nothing may be claimed as written from the buffer's start.
        Assert.Equal((0u, 0u), driver.NextUsed());
        driver.Disk.Answer = BlockStatus.Ok;
        AssertStillWorks(driver);
    }

    [Fact]
    [Trait("Row", "59")]
    public void Failed_flush_is_reported()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors) { Answer = BlockStatus.IoError });
        Assert.Equal(VIRTIO_BLK_S_IOERR, driver.Do(VIRTIO_BLK_T_FLUSH, 0));
        Assert.Equal(1, driver.Device.Counters.BackendErrors);
    }

    [Fact]
    [Trait("Row", "13")]
    public void Buffer_outside_memory_stops_the_device()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        driver.Do(VIRTIO_BLK_T_IN, 0, BlkDriver.In(0xC000_0000, 512));
        Assert.True(driver.NeedsReset);
    }

    private static void AssertStillWorks(BlkDriver driver)
    {
        driver.Disk.Content[512] = 0x77;
        Assert.Equal(VIRTIO_BLK_S_OK, driver.Do(VIRTIO_BLK_T_IN, 1, BlkDriver.In(BlkDriver.Data, 512)));
        Assert.Equal(0x77, driver.Byte(BlkDriver.Data));
        Assert.False(driver.NeedsReset);
    }
}
