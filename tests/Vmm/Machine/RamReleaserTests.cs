using Vmm.Guest.Memory;
using Vmm.Machine;
using Xunit;

namespace Vmm.Tests.Vmm.Machine;

/// <summary>RAM goes back to the host, and nothing else does.</summary>
public sealed class RamReleaserTests
{
    private const ulong MiB = 1UL << 20;
    private const ulong Size = 8 * MiB;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_given_back_is_not_resident_any_more_and_reads_as_zeros(bool shared)
    {
        using GuestRam ram = Filled(shared);
        ulong before = ram.CountResident();
        Assert.True(new RamReleaser(ram).Release(ram.Start + (nint)(2 * MiB), 3 * MiB));
        // Transparent huge pages may be split, never kept.
        Assert.Equal(3 * MiB, before - ram.CountResident());
        Assert.Equal((0, 0, 7), (Read(ram, 2 * MiB), Read(ram, 5 * MiB - 4096), Read(ram, 5 * MiB)));
        Assert.True(ram.Memory.TryWrite(new GuestAddress(2 * MiB), 9));
        Assert.Equal(9, Read(ram, 2 * MiB));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_page_can_go_alone(bool shared)
    {
        using GuestRam ram = Filled(shared);
        ulong before = ram.CountResident();
        Assert.True(new RamReleaser(ram).Release(ram.Start + 4096, 4096));
        Assert.Equal(4096UL, before - ram.CountResident());
        Assert.Equal((7, 0, 7), (Read(ram, 0), Read(ram, 4096), Read(ram, 8192)));
    }

    [Theory, Trait("Row", "42")]
    [InlineData(-4096, 4096UL)]
    [InlineData((long)Size, 4096UL)]
    [InlineData((long)Size - 4096, 8192UL)]
    [InlineData(0, Size + 4096)]
    [InlineData(0, ulong.MaxValue - 4095)]
    [InlineData(4096, ulong.MaxValue - 4095)]
    [InlineData(1, 4096UL)]
    [InlineData(0, 4095UL)]
    public void What_is_not_all_guest_RAM_in_whole_pages_stays(long offset, ulong length)
    {
        using GuestRam ram = Filled(shared: false);
        ulong before = ram.CountResident();
        Assert.False(new RamReleaser(ram).Release(ram.Start + (nint)offset, length));
        Assert.Equal(before, ram.CountResident());
    }

    private static GuestRam Filled(bool shared)
    {
        GuestRam ram = GuestRam.Create(Size, shared, prefault: true);
        for (ulong at = 0; at < Size; at += 4096)
            Assert.True(ram.Memory.TryWrite(new GuestAddress(at), 7));
        return ram;
    }

    private static int Read(GuestRam ram, ulong at) => ram.Memory.TryRead(new GuestAddress(at), out int value) ? value : -1;
}
