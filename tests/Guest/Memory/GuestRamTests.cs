using Vmm.Guest.Boot;
using Vmm.Guest.Memory;
using Vmm.Tests.Guest.Images;

namespace Vmm.Tests.Guest.Memory;

[Trait("Row", "11")]
public class GuestRamTests
{
    [Theory]
    [InlineData(2UL << 20, 2UL << 20, 0UL)]
    [InlineData(3UL << 30, 3UL << 30, 0UL)]
    [InlineData((3UL << 30) + 4096, 3UL << 30, 4096UL)]
    [InlineData(6UL << 30, 3UL << 30, 3UL << 30)]
    public void Ram_across_the_device_hole_goes_on_at_4_GiB(ulong size, ulong low, ulong high) =>
        Assert.Equal((low, high), MemoryLayout.Split(size));

    [Fact]
    public void Region_of_size_0_is_refused() => Refused("impossible size 0x0", new MemoryRegion(GuestAddress.Zero, 0, 4096));

    [Fact]
    public void Region_that_wraps_is_refused() => Refused("impossible size 0x1001", new MemoryRegion(new GuestAddress(0xFFFF_FFFF_FFFF_F000), 0x1001, 4096));

    [Fact]
    public void Regions_that_overlap_are_refused() =>
        Refused("overlaps the one before it", new MemoryRegion(new GuestAddress(0x1000), 0x1000, 4096), new MemoryRegion(new GuestAddress(0x1FFF), 0x1000, 8192));

    [Fact]
    public void Nothing_in_the_device_hole_counts_as_ram()
    {
        using var ram = TestRam.OfMiB(3072 + 64);
        Assert.False(ram.Memory.Contains(new GuestAddress(0xC000_0000), 1));
        Assert.False(ram.Memory.Contains(new GuestAddress(0xBFFF_FFFF), 2));
        Assert.False(ram.Memory.Contains(new GuestAddress(0xFFFF_FFFF), 1));
        Assert.False(ram.Memory.TryRead(new GuestAddress(0xBFFF_FFFF), new byte[2]));
        Assert.True(ram.Memory.Contains(new GuestAddress(0x1_0000_0000), 64 << 20));
        Assert.False(ram.Memory.Contains(new GuestAddress(ulong.MaxValue), 2));
    }

    [Fact]
    public void Kernel_is_never_laid_across_the_device_hole()
    {
        using var ram = TestRam.OfMiB(3072 + 64);
        byte[] elf = new ElfBuilder(true).Load(0xBFFF_F000, [0xF4], 0x2000).PvhNote(0xBFFF_F000).Build();
        var fault = Assert.Throws<BootException>(() => BootLoader.Load(new BootRequest { Kernel = new MemoryImage("k", elf) }, ram.Memory));
        Assert.Equal("k: program header 0: segment 0xbffff000–0xc0000fff leaves RAM (3136 MiB)", fault.Message);
    }

    [Fact]
    public void The_smallest_guest_starts()
    {
        using var ram = TestRam.Of(MemoryLayout.MinimumRam);
        byte[] elf = new ElfBuilder(false).Load(0x10_0000, [0xF4]).PvhNote(0x10_0000).Build();
        Assert.Equal(BootProtocol.Pvh, BootLoader.Load(new BootRequest { Kernel = new MemoryImage("k", elf) }, ram.Memory).Protocol);
    }

    private static void Refused(string message, params MemoryRegion[] regions) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => new GuestMemory(regions)).Message);
}
