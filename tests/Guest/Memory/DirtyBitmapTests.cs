using Vmm.Guest.Memory;

namespace Vmm.Tests.Guest.Memory;

public sealed class DirtyBitmapTests
{
    private const ulong Page = DirtyBitmap.PageSize;

    [Theory]
    [InlineData(0UL, 1UL, 0UL, 1UL)]
    [InlineData(4095UL, 2UL, 0UL, 2UL)]
    [InlineData(4096UL, 4096UL, 1UL, 1UL)]
    [InlineData(63 * 4096UL, 2 * 4096UL, 63UL, 2UL)]
    [InlineData(3 * 4096UL, 150 * 4096UL, 3UL, 150UL)]
    [InlineData(64 * 4096UL, 64 * 4096UL, 64UL, 64UL)]
    [InlineData(199 * 4096UL, ulong.MaxValue, 199UL, 1UL)]
    [InlineData(200 * 4096UL, 1UL, 0UL, 0UL)]
    [InlineData(ulong.MaxValue, 4096UL, 0UL, 0UL)]
    [InlineData(5UL, 0UL, 0UL, 0UL)]
    public void Range_marks_every_page_that_it_touches_and_no_other(ulong offset, ulong length, ulong first, ulong count)
    {
        DirtyBitmap dirty = new(200 * Page);
        dirty.Mark(offset, length);
        Assert.Equal(count, dirty.Count());
        for (ulong page = 0; page < dirty.PageCount; page++)
            Assert.Equal(page - first < count, dirty.IsMarked(page * Page));
    }

    [Fact]
    public void Runs_are_those_of_the_pages_that_were_marked()
    {
        Random random = new(7);
        for (int round = 0; round < 200; round++)
        {
            ulong pages = (ulong)random.Next(1, 300);
            DirtyBitmap dirty = new(pages * Page);
            bool[] expected = new bool[pages];
            for (int i = random.Next(20); i > 0; i--)
            {
                ulong start = (ulong)random.Next((int)pages), count = (ulong)random.Next(1, 90);
                dirty.Mark(start * Page, count * Page);
                for (ulong page = start; page < Math.Min(pages, start + count); page++)
                    expected[page] = true;
            }
            bool[] found = new bool[pages];
            ulong from = 0, last = ulong.MaxValue;
            while (dirty.TryTakeRun(ref from, out ulong start, out ulong length))
            {
                Assert.NotEqual(last, start);
                last = start + length;
                found.AsSpan((int)(start / Page), (int)(length / Page)).Fill(true);
            }
            Assert.Equal(expected, found);
            Assert.Equal((ulong)expected.Count(marked => marked), dirty.Count());
        }
    }

    [Fact]
    public void No_mark_is_lost_or_doubled_while_others_mark()
    {
        const ulong pages = 4096;
        DirtyBitmap dirty = new(pages * Page), harvested = new(pages * Page), all = new(pages * Page);
        using ManualResetEventSlim go = new();
        Thread[] writers = [.. Enumerable.Range(0, 3).Select(writer => new Thread(() =>
        {
            go.Wait();
            for (ulong page = (ulong)writer; page < pages; page += 3)
                dirty.Mark(page * Page, 1);
        }))];
        Array.ForEach(writers, writer => writer.Start());
        go.Set();
        ulong sum = 0;
        while (sum < pages)
        {
            harvested.Clear();
            dirty.MoveTo(harvested);
            sum += harvested.Count();
            all.Add(harvested);
        }
        Array.ForEach(writers, writer => writer.Join());
        Assert.Equal((pages, pages, 0UL), (sum, all.Count(), dirty.Count()));
    }

    [Fact]
    public void Offsets_go_on_where_the_device_hole_interrupts_addresses()
    {
        GuestMemory memory = new(
            new MemoryRegion(new GuestAddress(MemoryLayout.HighRamStart), 2 * Page, 0x7000_0000),
            new MemoryRegion(GuestAddress.Zero, 4 * Page, 0x1000_0000));
        Assert.Equal(4 * Page + 5, memory.OffsetOf(new GuestAddress(MemoryLayout.HighRamStart + 5)));
        Assert.Equal(4 * Page + 5, memory.OffsetOf((nint)0x7000_0005));
        Assert.Equal(4 * Page - 1, memory.OffsetOf(new GuestAddress(4 * Page - 1)));
        Assert.Equal(memory.Size, memory.OffsetOf(new GuestAddress(4 * Page)));
        Assert.Equal(memory.Size, memory.OffsetOf((nint)0x1000_4000));
    }

    [Fact]
    public unsafe void Writes_and_clears_of_ours_are_marked_while_they_are_recorded()
    {
        byte[] ram = GC.AllocateArray<byte>(8 * (int)Page, pinned: true);
        fixed (byte* start = ram)
        {
            GuestMemory memory = new(new MemoryRegion(GuestAddress.Zero, (ulong)ram.Length, (nint)start));
            DirtyBitmap dirty = new(memory.Size);
            Assert.True(memory.TryWrite(new GuestAddress(0), 1));
            memory.StartRecording(dirty);
            Assert.True(memory.TryWrite(new GuestAddress(2 * Page - 2), 1));
            Assert.True(memory.TryClear(new GuestAddress(4 * Page), Page + 1));
            memory.StopRecording();
            Assert.True(memory.TryWrite(new GuestAddress(7 * Page), 1));
            Assert.Equal([1, 2, 4, 5], Enumerable.Range(0, 8).Where(page => dirty.IsMarked((ulong)page * Page)));
        }
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(4097UL)]
    public void Length_that_is_not_whole_pages_is_refused(ulong length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DirtyBitmap(length));

    [Fact]
    public void Widened_marks_cover_the_larger_pages_that_had_one_and_no_others()
    {
        const ulong huge = 2 << 20;
        DirtyBitmap pages = new(4 * huge);
        pages.Mark(huge - 1, 1);
        pages.Mark(2 * huge, 1);
        pages.Widen(huge);
        ulong from = 0;
        Assert.True(pages.TryTakeRun(ref from, out ulong start, out ulong length));
        Assert.Equal((0UL, huge), (start, length));
        Assert.True(pages.TryTakeRun(ref from, out start, out length));
        Assert.Equal((2 * huge, huge), (start, length));
        Assert.False(pages.TryTakeRun(ref from, out _, out _));
    }

    [Theory]
    [InlineData(3UL << 20)]
    [InlineData(4096UL)]
    [InlineData(16UL << 20)]
    public void Pages_that_RAM_is_not_made_of_are_refused(ulong pageSize) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DirtyBitmap(8 << 20).Widen(pageSize));
}
