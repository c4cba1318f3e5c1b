using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Snapshot.Memory;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot.Memory;

/// <summary>RAM from files: one, or a chain of what changed.</summary>
public sealed class RamLoaderTests
{
    private const ulong Page = DirtyBitmap.PageSize;
    private const ulong Size = 12 << 20;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Chain_gives_what_RAM_was_when_the_last_of_it_was_saved(int deltas)
    {
        using MemoryFolder folder = new();
        MemoryLayers layers = Chain(folder, deltas, out byte[] expected);
        using (GuestRam mapped = RamLoader.Map(layers))
        {
            Assert.Equal(expected, MemoryFolder.ContentOf(mapped));
            Assert.True(mapped.IsMappedFromFile);
        }
        foreach (bool shared in (bool[])[false, true])
        {
            ulong last = 0;
            using GuestRam read = RamLoader.Read(layers, shared, hugepages: false, prefault: false, done => last = done);
            Assert.Equal(expected, MemoryFolder.ContentOf(read));
            Assert.Equal((Size, shared), (last, read.File is not null));
        }
        byte[] pages = new byte[Size];
        Assert.True(layers.TryRead(0, pages));
        Assert.Equal(expected, pages);
    }

    [Fact]
    public void What_a_machine_writes_stays_out_of_the_file_that_it_was_mapped_from()
    {
        using MemoryFolder folder = new();
        MemoryLayers layers = Chain(folder, 1, out byte[] expected);
        using (GuestRam mapped = RamLoader.Map(layers))
            MemoryFolder.Scribble(mapped, 9, 500);
        using GuestRam again = RamLoader.Map(layers);
        Assert.Equal(expected, MemoryFolder.ContentOf(again));
    }

    [Fact]
    public void Mapping_reads_nothing_before_it_is_touched()
    {
        using MemoryFolder folder = new();
        using GuestRam mapped = RamLoader.Map(Chain(folder, 0, out _));
        string[] smaps = File.ReadAllLines("/proc/self/smaps");
        int line = Array.FindIndex(smaps, text => text.StartsWith($"{mapped.Start:x}-", StringComparison.Ordinal));
        Assert.Equal("0", smaps[line..].First(text => text.StartsWith("Rss:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
    }

    [Fact]
    public void Machine_that_was_mapped_from_a_snapshot_is_saved_whole()
    {
        using MemoryFolder folder = new();
        using GuestRam mapped = RamLoader.Map(Chain(folder, 2, out _));
        MemoryFolder.Scribble(mapped, 10, 100);
        Assert.True(new RamReleaser(mapped).Release(mapped.Start + (nint)(1 << 20), 1 << 20));
        SparseFile file = folder.Open("again");
        MemoryFileSums sums = MemoryFileWriter.Write(mapped, file);
        Assert.Equal(MemoryFolder.ContentOf(mapped), File.ReadAllBytes(file.Path));
        MemoryFileVerifier.Verify(file, Size, sums.ToBytes());
    }

    [Fact]
    public void Pages_that_are_given_back_read_as_zeros_and_not_as_the_file_has_them()
    {
        using MemoryFolder folder = new();
        using GuestRam ram = GuestRam.Create(Size);
        for (ulong at = 0; at < Size; at += Page)
            Assert.True(ram.Memory.TryWrite(new GuestAddress(at), 7));
        SparseFile file = folder.Open("memory");
        MemoryFileWriter.Write(ram, file);
        using GuestRam mapped = RamLoader.Map(new MemoryLayers([new MemoryLayer(file)], Size));
        DirtyBitmap dirty = new(Size);
        mapped.Memory.StartRecording(dirty);
        Assert.True(new RamReleaser(mapped).Release(mapped.Start + (nint)Page, 2 * Page));
        Assert.Equal((7, 0, 0, 7), (Read(mapped, 0), Read(mapped, Page), Read(mapped, 2 * Page), Read(mapped, 3 * Page)));
        Assert.Equal((2UL, true), (dirty.Count(), dirty.IsMarked(Page)));
    }

    [Fact]
    public void Shared_memory_and_huge_pages_can_be_read_and_not_mapped()
    {
        Assert.True(RamLoader.CanMap(shared: false, hugepages: false));
        Assert.False(RamLoader.CanMap(shared: true, hugepages: false));
        Assert.False(RamLoader.CanMap(shared: false, hugepages: true));
    }

    [Fact, Trait("Row", "73")]
    public void Delta_of_another_size_is_refused_by_name()
    {
        using MemoryFolder folder = new();
        SparseFile old = folder.Open("old"), delta = folder.Open("delta");
        old.Empty(Size);
        delta.Empty(Size - Page);
        VmmException refused = Assert.Throws<VmmException>(() => new MemoryLayers([new MemoryLayer(old), new MemoryLayer(delta, new DirtyBitmap(Size))], Size));
        Assert.Contains($"'{delta.Path}'", refused.Message);
    }

    internal static MemoryLayers Chain(MemoryFolder folder, int deltas, out byte[] content)
    {
        using GuestRam ram = MemoryFolder.RamOf(Size, 20);
        List<MemoryLayer> layers = [new MemoryLayer(folder.Open("memory0"))];
        MemoryFileWriter.Write(ram, layers[0].File);
        for (int i = 1; i <= deltas; i++)
        {
            DirtyBitmap written = MemoryFolder.Scribble(ram, 20 + i, 200);
            // One run that is long enough to be mapped, of zeros in part.
            ulong start = (ulong)i * 64 * Page;
            written.Mark(start, 100 * Page);
            Assert.True(ram.Memory.TryClear(new GuestAddress(start), 50 * Page));
            layers.Add(new MemoryLayer(folder.Open($"memory{i}"), written));
            MemoryFileWriter.Write(ram, layers[i].File, written);
        }
        content = MemoryFolder.ContentOf(ram);
        return new MemoryLayers(layers, Size);
    }

    private static int Read(GuestRam ram, ulong at) => ram.Memory.TryRead(new GuestAddress(at), out int value) ? value : -1;
}
