using Vmm.Devices.Virtio.Spec;
using Xunit;
using static Vmm.Devices.Virtio.Spec.BlockDevice;

namespace Vmm.Tests.Devices.Virtio.Block;

/// <summary>Clauses of Virtio 1.2, 5.2.5.2 and 5.2.6.2.</summary>
public sealed class BlkConformanceTests
{
    private const int Sectors = 1024;
    private static readonly ulong s_cacheFeatures = FeatureBits.Mask(VIRTIO_BLK_F_FLUSH) | FeatureBits.Mask(VIRTIO_BLK_F_CONFIG_WCE);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Flush_is_always_offered(bool readOnly)
    {
        using BlkDriver driver = new(new FakeDisk(Sectors) { ReadOnly = readOnly });
        Assert.NotEqual(0UL, driver.Core.OfferedFeatures & FeatureBits.Mask(VIRTIO_BLK_F_FLUSH));
    }

    [Fact]
    public void Cache_reads_as_write_through_for_a_driver_that_cannot_flush()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors), FeatureBits.Mask(VIRTIO_BLK_F_CONFIG_WCE));
        Assert.Equal(0, driver.Device.Config[ConfigWriteback]);

        driver.Core.WriteStatus(0, true);
        driver.Start(s_cacheFeatures);
        Assert.Equal(1, driver.Device.Config[ConfigWriteback]);
    }

    [Fact]
    public void Padding_of_the_configuration_is_zero()
    {
        using BlkDriver driver = new(new FakeDisk(Sectors), s_cacheFeatures);
        ReadOnlySpan<byte> config = driver.Device.Config;
        Assert.Equal(0, config[ConfigWriteback + 1]);
        Assert.False(config.Slice(ConfigWriteZeroesMayUnmap + 1, 3).ContainsAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public void Zeroing_says_whether_it_can_free_anything(bool canDiscard, byte mayUnmap)
    {
        using BlkDriver driver = new(new FakeDisk(Sectors) { CanDiscard = canDiscard });
        Assert.Equal(mayUnmap, driver.Device.Config[ConfigWriteZeroesMayUnmap]);
    }

    /// <summary>Secure erase, lifetime, and everything about zones.</summary>
    [Theory]
    [InlineData(10u)]
    [InlineData(14u)]
    [InlineData(15u)]
    [InlineData(16u)]
    [InlineData(18u)]
    [InlineData(20u)]
    [InlineData(22u)]
    [InlineData(24u)]
    [InlineData(26u)]
    public void Requests_of_features_that_are_not_offered_are_unsupported(uint type)
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        Assert.Equal(VIRTIO_BLK_S_UNSUPP, driver.Do(type, 0, BlkDriver.In(BlkDriver.Data, 512)));
        Assert.False(driver.NeedsReset);
    }

    /// <summary>2.7.8.2: what is reported as written starts at the first writable byte, and the status byte is the last.</summary>
    [Theory]
    [InlineData(VIRTIO_BLK_T_FLUSH)]
    [InlineData(99u)]
    public void Room_before_the_status_byte_that_was_not_written_is_not_reported_as_written(uint type)
    {
        using BlkDriver driver = new(new FakeDisk(Sectors));
        driver.Do(type, 0, BlkDriver.In(BlkDriver.Data, 64));
        Assert.Equal(0u, driver.NextUsed()!.Value.Length);
    }
}
