using System.Buffers.Binary;
using System.Text;
using Vmm.Coredump;
using Vmm.Inspect;
using Xunit;

namespace Vmm.Tests.Vmm.Coredump;

/// <summary>Where a kernel has itself and all memory, by page tables that the test writes.</summary>
public sealed class KernelMapTests
{
    private const ulong Present = 1, Large = 0x80;
    private const ulong Root = 0x40_0000, Tables = 0x40_1000;
    private const ulong ImageAt = 0x120_0000, ImageSize = 0x60_0000;

    private readonly Dictionary<ulong, byte[]> _pages = [];
    private ulong _nextTable = Tables;

    [Theory]
    [InlineData(false, 0xffff_8880_0000_0000, 0)]
    [InlineData(false, 0xffff_9a40_4000_0000, 0x1f40_0000)]
    [InlineData(true, 0xff11_0000_0000_0000, 0)]
    [InlineData(true, 0xff2d_a5e3_4000_0000, 0x1f40_0000)]
    public void Image_and_all_memory_are_where_the_tables_have_them(bool five, ulong direct, ulong moved)
    {
        ulong image = 0xffff_ffff_8100_0000 + moved;
        string told = Draw(five, direct, image);
        KernelMap? found = KernelMap.Find(Encoding.ASCII.GetBytes(told), Read);
        Assert.Equal(new KernelMap(direct, image, ImageAt, ImageSize), found);
        MemorySlot[] slots = [new(0, 0, 0x800_0000, 0), new(1, 0x1_0000_0000, 0x2000, 0x800_0000)];
        Assert.Equal(
            [new(ImageAt, image, ImageAt, ImageSize), new(0, direct, 0, 0x800_0000), new(0x800_0000, direct + 0x1_0000_0000, 0x1_0000_0000, 0x2000)],
            CoreSegments.Of(slots, Read, Encoding.ASCII.GetBytes(told)));
    }

    [Fact]
    public void Memory_that_is_mapped_otherwise_is_not_taken_for_all_of_it()
    {
        string told = Draw(false, 0xffff_8880_0000_0000, 0xffff_ffff_8100_0000);
        // Before it, another that begins at 0, and does not go on.
        Map(false, 0xffff_8800_0000_0000, 0, large: false);
        Assert.Equal(0xffff_8880_0000_0000, KernelMap.Find(Encoding.ASCII.GetBytes(told), Read)!.DirectMap);
    }

    [Fact]
    public void Kernel_without_a_direct_map_has_an_image_all_the_same()
    {
        string told = Draw(false, null, 0xffff_ffff_8100_0000);
        Assert.Equal(new KernelMap(null, 0xffff_ffff_8100_0000, ImageAt, ImageSize), KernelMap.Find(Encoding.ASCII.GetBytes(told), Read));
    }

    [Theory]
    [InlineData("")]
    [InlineData("OSRELEASE=6.1.0\n")]
    [InlineData("SYMBOL(swapper_pg_dir)=ffffffff80600000\nSYMBOL(_stext)=ffffffff81000000\nNUMBER(phys_base)=x\n")]
    [InlineData("SYMBOL(swapper_pg_dir)=ffffffff80600000\nSYMBOL(_stext)=1000\nNUMBER(phys_base)=0\n")]
    [InlineData("SYMBOL(swapper_pg_dir)=ffffffff80600000\nSYMBOL(_stext)=ffffffffffffffff\nNUMBER(phys_base)=0\nNUMBER(KERNEL_IMAGE_SIZE)=-1\n")]
    [InlineData("SYMBOL(swapper_pg_dir)=0\nSYMBOL(_stext)=ffffffffffffffff\nNUMBER(phys_base)=-9223372036854775808\nNUMBER(KERNEL_IMAGE_SIZE)=2147483648\n")]
    public void Kernel_that_tells_nonsense_is_none(string told)
    {
        Assert.Null(KernelMap.Find(Encoding.ASCII.GetBytes(told), Read));
        Assert.Equal([new CoreSegment(0, 0, 0, 0x1000)], CoreSegments.Of([new MemorySlot(0, 0, 0x1000, 0)], Read, Encoding.ASCII.GetBytes(told)));
    }

    /// <summary>Draws the tables of a kernel, and says what it would tell of itself.</summary>
    private string Draw(bool five, ulong? direct, ulong image)
    {
        for (ulong at = 0; direct is not null && at < 8 << 20; at += 2 << 20)
            Map(five, direct.Value + at, at, large: true);
        for (ulong at = 0; at < ImageSize; at += 2 << 20)
            Map(five, image + at, ImageAt + at, large: true);
        ulong offset = image - ImageAt;
        // Where the kernel is linked for: what is at its symbols is at physical addresses by this.
        long physicalBase = unchecked((long)(0xffff_ffff_8000_0000 - offset));
        return $"OSRELEASE=6.1.0\nSYMBOL(swapper_pg_dir)={Root + offset:x}\nSYMBOL(_stext)={image:x}\nNUMBER(phys_base)={physicalBase}\n"
            + $"NUMBER(pgtable_l5_enabled)={(five ? 1 : 0)}\nNUMBER(KERNEL_IMAGE_SIZE)=1073741824\n";
    }

    private void Map(bool five, ulong linear, ulong physical, bool large)
    {
        ulong table = Root;
        for (int level = five ? 5 : 4; ; level--)
        {
            Span<byte> entry = Page(table).AsSpan((int)(linear >> (12 + 9 * (level - 1)) & 0x1ff) * 8, 8);
            if (level == (large ? 2 : 1))
            {
                BinaryPrimitives.WriteUInt64LittleEndian(entry, physical | Present | (large ? Large : 0));
                return;
            }
            if (BinaryPrimitives.ReadUInt64LittleEndian(entry) == 0)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(entry, _nextTable | Present);
                _nextTable += 0x1000;
            }
            table = BinaryPrimitives.ReadUInt64LittleEndian(entry) & ~0xfffUL;
        }
    }

    private byte[] Page(ulong at) => _pages.TryGetValue(at, out byte[]? page) ? page : _pages[at] = new byte[4096];

    private bool Read(ulong address, Span<byte> destination)
    {
        if (!_pages.TryGetValue(address & ~0xfffUL, out byte[]? page))
            return false;
        page.AsSpan((int)(address & 0xfff), destination.Length).CopyTo(destination);
        return true;
    }
}
