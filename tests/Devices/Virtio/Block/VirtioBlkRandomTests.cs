using CsCheck;
using Vmm.Devices.Backends;
using Xunit;
using static Vmm.Devices.Virtio.Spec.BlockDevice;

namespace Vmm.Tests.Devices.Virtio.Block;

/// <summary>Requests put together at random from what a hostile driver would choose from.</summary>
public sealed class VirtioBlkRandomTests
{
    private const int Sectors = 64;

    private static readonly Gen<uint> Types = Gen.OneOf(
        VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT, VIRTIO_BLK_T_FLUSH, VIRTIO_BLK_T_GET_ID, VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES, 2u, uint.MaxValue);

    private static readonly Gen<ulong> SectorNumbers = Gen.Frequency(
        (4, Gen.ULong[0, Sectors]), (1, Gen.OneOf(ulong.MaxValue, ulong.MaxValue / 512, (ulong.MaxValue / 512) + 1, 1UL << 63)));

    private static readonly Gen<uint> Lengths = Gen.Frequency(
        (3, Gen.OneOf(0u, 1u, 15u, 16u, 17u, 20u, 512u, 1024u, 4096u)), (1, Gen.UInt[0, 70000]), (1, Gen.OneOf(uint.MaxValue, 1u << 31)));

    private static readonly Gen<ulong> Addresses = Gen.Frequency(
        (6, Gen.ULong[BlkDriver.Data, BlkDriver.Seam]), (1, Gen.OneOf(0x7FFFFUL, 0x80000UL, 0xC000_0000UL, ulong.MaxValue - 100)));

    private static readonly Gen<BlkDriver.Part> Parts = Gen.Select(Addresses, Lengths, Gen.Bool, (address, length, write) => new BlkDriver.Part(address, length, write));

    private static readonly Gen<(uint Type, ulong Sector, BlkDriver.Part[] Parts, bool Usual)[]> Requests =
        Gen.Select(Types, SectorNumbers, Parts.Array[0, 5], Gen.Bool, (type, sector, parts, usual) => (type, sector, parts, usual)).Array[1, 10];

    [Fact]
    [Trait("Row", "36")]
    public void Any_requests_are_answered_within_the_disk_and_a_reset_always_helps()
    {
        Requests.Sample(requests =>
        {
            using BlkDriver driver = new(new FakeDisk(Sectors));
            driver.Disk.OnSubmit = () =>
            {
                (BlockOperation operation, ulong offset, ulong length, _, _) = driver.Disk.Log[^1];
                Assert.True(length <= driver.Disk.Capacity && offset <= driver.Disk.Capacity - length, $"{operation} at {offset} of {length}");
            };
            foreach ((uint type, ulong sector, BlkDriver.Part[] parts, bool usual) in requests)
            {
                ulong header = driver.Header(type, sector);
                BlkDriver.Part[] chain = [.. usual ? [BlkDriver.Out(header, 16)] : Array.Empty<BlkDriver.Part>(), .. parts.OrderBy(p => p.Write), BlkDriver.In(header + 16, 1)];
                driver.Push(chain);
            }
            driver.Kick();
            Assert.All(driver.Disk.Erased, range => Assert.True(range.Offset + range.Length <= driver.Disk.Capacity));
            driver.Core.WriteStatus(0, waitForReset: true);
            driver.Start(driver.Core.OfferedFeatures);
            Assert.Equal(VIRTIO_BLK_S_OK, driver.Do(VIRTIO_BLK_T_IN, Sectors - 1, BlkDriver.In(BlkDriver.Data, 512)));
        }, iter: 3000, threads: 1);
    }
}
