using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine;
using Xunit;

namespace Vmm.Tests.Vmm.Machine;

[Collection(HugePages.Collection)]
public class GuestRamTests
{
    private const ulong GiB = 1UL << 30;

    [Fact]
    [Trait("Row", "11")]
    public void More_memory_than_the_host_has_is_refused_with_both_figures()
    {
        VmmException refused = Assert.Throws<VmmException>(() => GuestRam.Create(1UL << 46));
        Assert.Contains("67108864 MiB is more than this host has", refused.Message);
    }

    [Fact]
    [Trait("Row", "11")]
    public void Memory_beyond_the_device_hole_goes_on_at_4_GiB()
    {
        Assert.SkipUnless(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes > 4 * (long)GiB, "this host has less than 4 GiB of RAM");
        using GuestRam ram = GuestRam.Create(MemoryLayout.DeviceHoleStart + GiB);
        Assert.Equal(2, ram.Memory.Regions.Length);
        Assert.Equal(MemoryLayout.HighRamStart, ram.Memory.Regions[1].Start.Value);
        Assert.Equal(GiB, ram.Memory.Regions[1].Size);
        Assert.False(ram.Memory.Contains(new GuestAddress(MemoryLayout.DeviceHoleStart), 1));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Memory_can_be_written_however_it_is_backed(bool shared, bool prefault)
    {
        using GuestRam ram = GuestRam.Create(MemoryLayout.MinimumRam, shared, prefault: prefault);
        Assert.Equal(shared, ram.File is not null);
        Assert.True(ram.Memory.TryWrite(new GuestAddress(MemoryLayout.MinimumRam - 4), 0x1234_5678));
        Assert.True(ram.Memory.TryRead(new GuestAddress(MemoryLayout.MinimumRam - 4), out int value));
        Assert.Equal(0x1234_5678, value);
    }

    [Fact]
    public void Huge_pages_that_the_host_has_not_reserved_are_refused_with_the_command_that_reserves_them()
    {
        Assert.SkipUnless(HugePages.Reserved == 0, "this host has huge pages reserved");
        VmmException refused = Assert.Throws<VmmException>(() => GuestRam.Create(MemoryLayout.MinimumRam, hugepages: true));
        Assert.Contains("vm.nr_hugepages=1", refused.Message);
    }
}
