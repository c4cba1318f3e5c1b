using System.Buffers.Binary;
using Vmm.Guest.Cpu;
using Vmm.Guest.Cpu.Paging;

namespace Vmm.Tests.Guest.Cpu;

/// <summary>Page walks over tables that the tests write word by word.</summary>
public sealed class PageWalkTests
{
    private const ulong P = 1, RW = 2, US = 4, PS = 0x80, NX = 1UL << 63;
    private const ulong Protection = 1, Paging = 1UL << 31, Pae = 1UL << 5, Pse = 1UL << 4, FiveLevels = 1UL << 12, Lma = 1UL << 10, Nxe = 1UL << 11;
    private const ulong Root = 0x1000;

    private readonly byte[] _ram = new byte[0x10000];
    private int _reads;

    [Fact]
    public void Address_without_paging_is_physical_and_reads_nothing()
    {
        PageWalkResult walk = PageWalk.Walk(0x1_2345_6789, new PagingState { Cr0 = Protection }, Read);
        Assert.Equal((PagingMode.None, true, 0x2345_6789UL, 0), (walk.Mode, walk.IsMapped, walk.Physical, _reads));
    }

    [Theory]
    [InlineData(0x0000_0000_0000_0000UL)]
    [InlineData(0x0000_7fff_ffff_ffffUL)]
    [InlineData(0xffff_8000_0000_0000UL)]
    [InlineData(0xffff_ffff_8123_4abcUL)]
    public void Page_of_4_KiB_is_found_by_four_entries(ulong linear)
    {
        Map4(linear, 0x0009_8765_4000 | P | RW | NX);
        PageWalkResult walk = PageWalk.Walk(linear, Long(), Read);
        Assert.True(walk.IsMapped);
        Assert.Equal((0x0009_8765_4000 | linear & 0xfff, 4096UL), (walk.Physical, walk.PageSize));
        Assert.Equal([PageLevel.PML4, PageLevel.PDPT, PageLevel.PD, PageLevel.PT], walk.Steps.Select(step => step.Level));
        Assert.Equal([0x1000UL, 0x2000, 0x3000, 0x4000], walk.Steps.Select(step => step.Address & ~0xfffUL));
        Assert.Equal((int)(linear >> 12 & 0x1ff), walk.Steps[3].Index);
        Assert.Equal((false, true, true), (walk.IsUser, walk.IsWritable, walk.IsNoExecute));
    }

    [Fact]
    public void Large_pages_end_a_walk_early()
    {
        const ulong linear = 0xffff_8881_2345_6789;
        Put(Root, linear >> 39, 0x2000 | P | RW);
        Put(0x2000, linear >> 30, 0x4000_0000 | P | RW | PS);
        PageWalkResult huge = PageWalk.Walk(linear, Long(), Read);
        Assert.Equal((0x4000_0000 | linear & 0x3fff_ffff, 1UL << 30, 2), (huge.Physical, huge.PageSize, huge.Steps.Count));
        Put(0x2000, linear >> 30, 0x3000 | P | RW);
        Put(0x3000, linear >> 21, 0x60_0000 | P | RW | PS | 1 << 12);
        PageWalkResult large = PageWalk.Walk(linear, Long(), Read);
        // Bit 12 is PAT there, and no part of the address.
        Assert.Equal((0x60_0000 | linear & 0x1f_ffff, 2UL << 20, 3), (large.Physical, large.PageSize, large.Steps.Count));
    }

    [Fact]
    public void Five_levels_take_nine_bits_more()
    {
        const ulong linear = 0x00ab_cdef_1234_5678;
        Put(Root, linear >> 48, 0x2000 | P);
        Put(0x2000, linear >> 39, 0x3000 | P);
        Put(0x3000, linear >> 30, 0x4000 | P);
        Put(0x4000, linear >> 21, 0x5000 | P);
        Put(0x5000, linear >> 12, 0x7000 | P);
        PageWalkResult walk = PageWalk.Walk(linear, Long() with { Cr4 = Pae | FiveLevels }, Read);
        Assert.Equal((PagingMode.Level5, 0x7678UL, 5), (walk.Mode, walk.Physical, walk.Steps.Count));
        Assert.Equal(PageWalkFault.NotCanonical, PageWalk.Walk(linear, Long(), Read).Fault);
        Assert.Equal(PageWalkFault.NotCanonical, PageWalk.Walk(0x0100_0000_0000_0000, Long() with { Cr4 = Pae | FiveLevels }, Read).Fault);
    }

    [Theory]
    [InlineData(0x0000_8000_0000_0000UL)]
    [InlineData(0xffff_7fff_ffff_ffffUL)]
    [InlineData(0x8000_0000_0000_0000UL)]
    public void Address_that_is_not_canonical_is_told_and_nothing_is_read(ulong linear)
    {
        PageWalkResult walk = PageWalk.Walk(linear, Long(), Read);
        Assert.Equal((PageWalkFault.NotCanonical, 0), (walk.Fault, _reads));
    }

    [Theory]
    [InlineData(0, PageLevel.PML4)]
    [InlineData(1, PageLevel.PDPT)]
    [InlineData(2, PageLevel.PD)]
    [InlineData(3, PageLevel.PT)]
    public void Entry_that_is_not_present_names_its_level(int missing, PageLevel level)
    {
        Map4(0x4020_1000, 0x8000 | P);
        Put((ulong)(missing + 1) * 0x1000, 0x4020_1000UL >> (39 - missing * 9), 0x8000);
        PageWalkResult walk = PageWalk.Walk(0x4020_1000, Long(), Read);
        Assert.Equal((PageWalkFault.NotPresent, level, missing + 1), (walk.Fault, walk.FaultLevel, walk.Steps.Count));
    }

    /// <summary>Bits that must be 0, by level (Intel SDM 3A, figure 4-11), with 40 bits of physical address.</summary>
    [Theory]
    [InlineData(0, PS)]
    [InlineData(0, 1UL << 40)]
    [InlineData(0, 1UL << 51)]
    [InlineData(1, 1UL << 45)]
    [InlineData(1, PS | 1UL << 13)]
    [InlineData(1, PS | 1UL << 29)]
    [InlineData(2, 1UL << 40)]
    [InlineData(2, PS | 1UL << 13)]
    [InlineData(2, PS | 1UL << 20)]
    [InlineData(3, 1UL << 40)]
    [InlineData(3, 1UL << 51)]
    public void Reserved_bit_names_its_level(int at, ulong bits)
    {
        Map4(0, 0x8000 | P);
        ulong table = (ulong)(at + 1) * 0x1000;
        Put(table, 0, (at == 3 ? 0x8000UL : table + 0x1000) & ((bits & PS) != 0 && at > 0 ? ~0x3fff_ffffUL : ulong.MaxValue) | P | bits);
        PageWalkResult walk = PageWalk.Walk(0, Long(), Read);
        Assert.Equal((PageWalkFault.ReservedBits, (PageLevel)(4 - at)), (walk.Fault, walk.FaultLevel));
        Assert.Equal(bits & ~(at > 0 ? PS : 0), walk.FaultDetail);
    }

    [Fact]
    public void Bits_for_software_are_no_fault()
    {
        const ulong software = 0x7FF0_0000_0000_0000 | 0xE00;
        Map4(0, 0x8000 | P | software);
        Assert.Equal(0x8000UL, PageWalk.Walk(0, Long(), Read).Physical);
    }

    [Fact]
    public void NX_without_EFER_NXE_and_1_GiB_without_the_feature_are_reserved()
    {
        Map4(0, 0x8000 | P | NX);
        PageWalkResult walk = PageWalk.Walk(0, Long() with { Efer = Lma }, Read);
        Assert.Equal((PageWalkFault.ReservedBits, PageLevel.PT, NX), (walk.Fault, walk.FaultLevel, walk.FaultDetail));
        Put(0x2000, 0, 0x4000_0000 | P | PS);
        Assert.True(PageWalk.Walk(0, Long(), Read).IsMapped);
        walk = PageWalk.Walk(0, Long() with { HasGibibytePages = false }, Read);
        Assert.Equal((PageWalkFault.ReservedBits, PageLevel.PDPT, PS), (walk.Fault, walk.FaultLevel, walk.FaultDetail));
    }

    [Fact]
    public void Table_outside_of_RAM_names_its_level_and_place()
    {
        Put(Root, 1, 0x90_0000 | P);
        PageWalkResult walk = PageWalk.Walk(1UL << 39, Long(), Read);
        Assert.Equal((PageWalkFault.TableOutsideRam, PageLevel.PDPT, 0x90_0000UL), (walk.Fault, walk.FaultLevel, walk.FaultDetail));
        walk = PageWalk.Walk(0, Long() with { Cr3 = 0xf_0000_0000 }, Read);
        Assert.Equal((PageWalkFault.TableOutsideRam, PageLevel.PML4), (walk.Fault, walk.FaultLevel));
    }

    [Fact]
    public void Tables_that_point_at_themselves_end_like_any_others()
    {
        Put(Root, 0, Root | P | RW);
        PageWalkResult walk = PageWalk.Walk(0x123, Long(), Read);
        Assert.Equal((0x1123UL, 4, 4), (walk.Physical, walk.Steps.Count, _reads));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(0xffff_ffffUL)]
    [InlineData(0x7fe0_1fffUL)]
    public void Pae_has_three_levels_of_which_the_first_has_four_entries(ulong linear)
    {
        const ulong pointers = 0x1fe0;
        Put(pointers, linear >> 30 & 3, 0x2000 | P);
        Put(0x2000, linear >> 21, 0x3000 | P | RW | US);
        Put(0x3000, linear >> 12, 0xf_1234_5000 | P | RW | US | NX);
        // What lies above 32 bits does not count.
        PageWalkResult walk = PageWalk.Walk(linear | 1UL << 40, Long() with { Cr3 = pointers | 0x1f, Efer = Nxe }, Read);
        Assert.Equal((PagingMode.Pae, 0xf_1234_5000 | linear & 0xfff, 3), (walk.Mode, walk.Physical, walk.Steps.Count));
        // Its first entry has no rights to take away.
        Assert.Equal((true, true), (walk.IsUser, walk.IsWritable));
    }

    [Theory]
    [InlineData(0UL, 2UL)]
    [InlineData(0UL, 1UL << 5)]
    [InlineData(0UL, 1UL << 8)]
    [InlineData(0UL, NX)]
    [InlineData(1UL, 1UL << 52)]
    public void Pae_has_reserved_bits_of_its_own(ulong level, ulong bits)
    {
        Put(Root, 0, 0x2000 | P | (level == 0 ? bits : 0));
        Put(0x2000, 0, 0x3000 | P | (level == 1 ? bits : 0));
        PageWalkResult walk = PageWalk.Walk(0, Long() with { Efer = Nxe }, Read);
        Assert.Equal((PageWalkFault.ReservedBits, bits), (walk.Fault, walk.FaultDetail));
    }

    [Fact]
    public void Thirty_two_bit_paging_has_entries_of_four_bytes()
    {
        const ulong linear = 0xc040_3abc;
        PagingState paging = new() { Cr0 = Protection | Paging, Cr3 = Root, Cr4 = 0, PhysicalBits = 40 };
        Put32(Root, linear >> 22, 0x2000 | (uint)P);
        Put32(0x2000, linear >> 12 & 0x3ff, 0xfedc_b000 | (uint)(P | RW));
        PageWalkResult walk = PageWalk.Walk(linear, paging, Read);
        Assert.Equal((PagingMode.Bits32, 0xfedc_babcUL, 2), (walk.Mode, walk.Physical, walk.Steps.Count));
        Assert.Equal([0x1000 + (linear >> 22) * 4, 0x2000 + (linear >> 12 & 0x3ff) * 4], walk.Steps.Select(step => step.Address));
        // Without CR4.PSE the bit means nothing, with it the entry is a page of 4 MiB, with bits 39 to 32 of its address in 20 to 13.
        Put32(Root, linear >> 22, 0x0080_2000 | (uint)(P | PS));
        Assert.Equal((PageWalkFault.TableOutsideRam, PageLevel.PT), (PageWalk.Walk(linear, paging, Read).Fault, PageWalk.Walk(linear, paging, Read).FaultLevel));
        walk = PageWalk.Walk(linear, paging with { Cr4 = Pse }, Read);
        Assert.Equal((0x1_0080_3abcUL, 4UL << 20, 1), (walk.Physical, walk.PageSize, walk.Steps.Count));
        Put32(Root, linear >> 22, 0x0020_0000 | (uint)(P | PS));
        Assert.Equal(PageWalkFault.ReservedBits, PageWalk.Walk(linear, paging with { Cr4 = Pse }, Read).Fault);
    }

    [Fact]
    public void Any_tables_at_all_give_an_answer_within_five_reads()
    {
        Random random = new(1);
        random.NextBytes(_ram);
        ulong[] cr4 = [0, Pse, Pae, Pae | FiveLevels];
        for (int i = 0; i < 20_000; i++)
        {
            _reads = 0;
            PagingState paging = new()
            {
                Cr0 = Protection | Paging,
                Cr3 = (ulong)random.NextInt64() & 0xffff,
                Cr4 = cr4[random.Next(4)],
                Efer = random.Next(2) == 0 ? 0 : Lma | Nxe,
                PhysicalBits = random.Next(60),
            };
            PageWalk.Walk((ulong)random.NextInt64(long.MinValue, long.MaxValue), paging, Read);
            Assert.InRange(_reads, 0, 5);
        }
    }

    [Fact]
    public void Tables_of_the_boot_loader_map_addresses_to_themselves()
    {
        using Images.TestRam ram = Images.TestRam.OfMiB(4);
        PageTables.WriteIdentity(ram.Memory, new(0x9000), gibibytes: 2);
        bool ReadRam(ulong address, out ulong value) => ram.Memory.TryRead(new(address), out value);
        foreach (ulong address in (ulong[])[0, 0x1234, 0x1f_ffff, 0x20_0000, 0x7fff_ffff])
            Assert.Equal(address, PageWalk.Walk(address, Long() with { Cr3 = 0x9000 }, ReadRam).Physical);
        Assert.Equal(PageLevel.PDPT, PageWalk.Walk(0x8000_0000, Long() with { Cr3 = 0x9000 }, ReadRam).FaultLevel);
    }

    [Fact]
    public void Flags_have_the_manuals_names()
    {
        Assert.Equal(["P", "RW", "US", "PWT", "PCD", "A", "D", "PS", "G", "NX"], PageEntry.Names(0x1ff | NX, PageLevel.PD));
        Assert.Equal(["P", "PAT"], PageEntry.Names(P | PS, PageLevel.PT));
    }

    private static PagingState Long() => new() { Cr0 = Protection | Paging, Cr3 = Root, Cr4 = Pae, Efer = Lma | Nxe, PhysicalBits = 40, HasGibibytePages = true };

    private void Map4(ulong linear, ulong page)
    {
        Put(Root, linear >> 39, 0x2000 | P | RW);
        Put(0x2000, linear >> 30, 0x3000 | P | RW);
        Put(0x3000, linear >> 21, 0x4000 | P | RW);
        Put(0x4000, linear >> 12, page);
    }

    private void Put(ulong table, ulong index, ulong entry) =>
        BinaryPrimitives.WriteUInt64LittleEndian(_ram.AsSpan((int)(table + (index & 0x1ff) * 8)), entry);

    private void Put32(ulong table, ulong index, uint entry) =>
        BinaryPrimitives.WriteUInt32LittleEndian(_ram.AsSpan((int)(table + (index & 0x3ff) * 4)), entry);

    private bool Read(ulong address, out ulong value)
    {
        _reads++;
        Assert.Equal(0UL, address % 8);
        bool inside = address <= (ulong)_ram.Length - 8;
        value = inside ? BinaryPrimitives.ReadUInt64LittleEndian(_ram.AsSpan((int)address)) : 0;
        return inside;
    }
}
