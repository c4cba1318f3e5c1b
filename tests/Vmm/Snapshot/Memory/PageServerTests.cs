using System.Collections.Concurrent;
using Vmm.Guest.Memory;
using Vmm.Machine;
using Vmm.Snapshot.Memory;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot.Memory;

/// <summary>RAM that comes while it is used.</summary>
public sealed class PageServerTests
{
    private const ulong Page = DirtyBitmap.PageSize;
    private const ulong Size = 12 << 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_page_that_is_touched_has_its_content_while_garbage_is_collected(bool shared)
    {
        MemoryFolder.RequireUserfault();
        using MemoryFolder folder = new();
        MemoryLayers layers = RamLoaderTests.Chain(folder, 1, out byte[] expected);
        using GuestRam ram = GuestRam.Create(Size, shared);
        using PageServer server = new(ram, layers, Fail);
        Thread[] readers = [.. Enumerable.Range(0, 3).Select(seed => new Thread(() => Touch(ram, expected, seed)))];
        Array.ForEach(readers, reader => reader.Start());
        // A moment between collections: back to back they leave nobody the time to do anything, here and in tests beside this one.
        while (readers.Any(reader => !reader.Join(TimeSpan.FromMilliseconds(1))))
            GC.Collect();
        Assert.True(server.Faults > 0);
        Assert.False(server.IsComplete);
        server.Fill();
        // The serving thread may have placed the last one, and count it in a moment.
        Assert.True(server.Completed.WaitOne(s_patience));
        Assert.True(server.IsComplete);
        Assert.Equal(0UL, server.Left);
        Assert.Equal(expected, MemoryFolder.ContentOf(ram));
    }

    [Fact]
    public void Filling_that_is_stopped_leaves_the_rest()
    {
        MemoryFolder.RequireUserfault();
        using MemoryFolder folder = new();
        MemoryLayers layers = RamLoaderTests.Chain(folder, 1, out _);
        using GuestRam ram = GuestRam.Create(Size);
        using ManualResetEvent stop = new(initialState: false);
        using PageServer server = new(ram, new StoppingSource(layers, stop), Fail);
        server.Fill(stop);
        Assert.InRange(server.Left, 1UL, Size - 1);
    }

    [Fact]
    public void Page_that_is_not_at_hand_is_asked_for_once_and_whoever_waits_goes_on_when_it_is_placed()
    {
        MemoryFolder.RequireUserfault();
        using GuestRam ram = GuestRam.Create(Size);
        AskedSource source = new();
        using PageServer server = new(ram, source, Fail);
        int[] found = new int[3];
        Thread[] readers = [.. Enumerable.Range(0, 3).Select(i => new Thread(() => found[i] = Read(ram, 5 * Page)))];
        Array.ForEach(readers, reader => reader.Start());
        Assert.Equal(5 * Page, source.Asked.Take(TestContext.Current.CancellationToken));
        byte[] page = new byte[Page];
        page[0] = 77;
        server.Place(5 * Page, page);
        Array.ForEach(readers, reader => reader.Join());
        Assert.Equal([77, 77, 77], found);
        Assert.Empty(source.Asked);
    }

    [Fact, Trait("Row", "81")]
    public void Page_that_was_written_since_is_not_placed_again_and_none_outside_RAM_is()
    {
        MemoryFolder.RequireUserfault();
        using GuestRam ram = GuestRam.Create(Size);
        using PageServer server = new(ram, new AskedSource(), Fail);
        byte[] pages = new byte[4 * Page];
        pages.AsSpan((int)Page, 2 * (int)Page).Fill(1);
        server.Place(Page, pages);
        Assert.True(ram.Memory.TryWrite(new GuestAddress(2 * Page), 5));
        server.Place(0, pages);
        Assert.Equal((0, 0, 5, 0x01010101, 0), (Read(ram, 0), Read(ram, Page), Read(ram, 2 * Page), Read(ram, 3 * Page), Read(ram, 4 * Page)));
        Assert.Throws<ArgumentOutOfRangeException>(() => server.Place(Size - Page, pages));
        Assert.Throws<ArgumentOutOfRangeException>(() => server.Place(ulong.MaxValue - Page + 1, pages));
        Assert.Throws<ArgumentOutOfRangeException>(() => server.Place(1, pages));
        Assert.Equal(Size - 5 * Page, server.Left);
    }

    [Fact]
    public void Balloon_gives_nothing_back_before_all_is_there()
    {
        MemoryFolder.RequireUserfault();
        using GuestRam ram = GuestRam.Create(Size);
        using PageServer server = new(ram, new AskedSource(), Fail);
        RamReleaser releaser = new(ram);
        server.PlaceZeros(0, Size - Page);
        Assert.False(releaser.Release(ram.Start, Page));
        Assert.False(server.Completed.WaitOne(0));
        server.PlaceZeros(Size - Page, Page);
        Assert.True(server.Completed.WaitOne(0));
        Assert.True(releaser.Release(ram.Start, Page));
        // Late ones do no harm.
        server.PlaceZeros(0, Size);
    }

    private static void Touch(GuestRam ram, byte[] expected, int seed)
    {
        Random random = new(seed);
        byte[] page = new byte[Page];
        for (int i = 0; i < 1000; i++)
        {
            ulong at = (ulong)random.Next((int)(Size / Page)) * Page;
            Assert.True(ram.Memory.TryRead(new GuestAddress(at), page));
            Assert.True(expected.AsSpan((int)at, (int)Page).SequenceEqual(page), $"page at 0x{at:x}");
        }
    }

    private static int Read(GuestRam ram, ulong at) => ram.Memory.TryRead(new GuestAddress(at), out int value) ? value : -1;

    private static void Fail(Exception fault) => Environment.FailFast("the page server failed", fault);

    private sealed class AskedSource : IPageSource
    {
        public BlockingCollection<ulong> Asked { get; } = [];

        public bool TryRead(ulong offset, Span<byte> destination)
        {
            Asked.Add(offset);
            return false;
        }
    }

    /// <summary>Wants no more to be read after the first time.</summary>
    private sealed class StoppingSource(IPageSource source, ManualResetEvent stop) : IPageSource
    {
        public bool TryRead(ulong offset, Span<byte> destination)
        {
            stop.Set();
            return source.TryRead(offset, destination);
        }
    }
}
