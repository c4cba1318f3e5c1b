using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Snapshot.Memory;
using Vmm.Tests.Vmm.Storage;
using Vmm.Tests.Devices;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot.Memory;

/// <summary>RAM in a file: sparse, summed, and found out when it is not what it was.</summary>
public sealed class MemoryFileTests
{
    private const ulong Page = DirtyBitmap.PageSize;

    /// <summary>Not a multiple of a chunk.</summary>
    private const ulong Size = (9 << 20) + 5 * Page;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void File_has_the_content_of_RAM_and_holes_for_what_is_zero_or_untouched(bool shared)
    {
        using MemoryFolder folder = new();
        using GuestRam ram = MemoryFolder.RamOf(Size, 1, shared);
        SparseFile file = folder.Open("memory");
        file.Write(0, new byte[] { 1, 2, 3 }, 3);
        List<ulong> progress = [];
        MemoryFileSums sums = MemoryFileWriter.Write(ram, file, progress: progress.Add);

        byte[] content = MemoryFolder.ContentOf(ram);
        Assert.Equal(content, File.ReadAllBytes(file.Path));
        ulong expected = (ulong)content.Chunk((int)Page).Count(page => page.AsSpan().ContainsAnyExcept((byte)0)) * Page;
        Assert.Equal(expected, sums.WrittenBytes);
        Assert.Equal(10, sums.Sums.Length);
        Assert.Equal((10, Size), (progress.Count, progress[^1]));
        MemoryFileVerifier.Verify(file, Size, sums.ToBytes());
    }

    [Fact]
    public void Pages_that_were_never_touched_are_not_touched_by_saving_them()
    {
        using MemoryFolder folder = new();
        using GuestRam ram = GuestRam.Create(Size);
        Assert.True(ram.Memory.TryWrite(new GuestAddress(3 * Page), 1));
        ulong before = TouchedPages.Of(ram).Count();
        MemoryFileSums sums = MemoryFileWriter.Write(ram, folder.Open("memory"));
        Assert.Equal(before, TouchedPages.Of(ram).Count());
        Assert.Equal(Page, sums.WrittenBytes);
    }

    [Fact]
    public void File_of_some_pages_has_these_and_no_others()
    {
        using MemoryFolder folder = new();
        using GuestRam ram = MemoryFolder.RamOf(Size, 2);
        DirtyBitmap only = MemoryFolder.Scribble(ram, 3, 300);
        SparseFile file = folder.Open("delta");
        MemoryFileSums sums = MemoryFileWriter.Write(ram, file, only);

        byte[] content = MemoryFolder.ContentOf(ram), saved = File.ReadAllBytes(file.Path);
        for (ulong at = 0; at < Size; at += Page)
            Assert.Equal(only.IsMarked(at) ? content.AsSpan((int)at, (int)Page) : new byte[Page], saved.AsSpan((int)at, (int)Page));
        Assert.True(sums.WrittenBytes < only.Count() * Page);
        MemoryFileVerifier.Verify(file, Size, sums.ToBytes(), only);
    }

    [Theory, Trait("Row", "73")]
    [InlineData(false)]
    [InlineData(true)]
    public void Any_byte_that_changed_is_found_and_the_place_is_named(bool delta)
    {
        using MemoryFolder folder = new();
        using GuestRam ram = MemoryFolder.RamOf(Size, 4);
        DirtyBitmap? only = delta ? MemoryFolder.Scribble(ram, 5, 1000) : null;
        SparseFile file = folder.Open("memory");
        byte[] sums = MemoryFileWriter.Write(ram, file, only).ToBytes();
        byte[] content = File.ReadAllBytes(file.Path);
        Random random = new(6);
        for (int i = 0; i < 50; i++)
        {
            int at = random.Next(content.Length);
            if (only is not null && !only.IsMarked((ulong)at))
                continue;
            file.Write((ulong)at, [(byte)(content[at] ^ 0x10)], 1);
            VmmException damaged = Assert.Throws<VmmException>(() => MemoryFileVerifier.Verify(file, Size, sums, only));
            Assert.Contains($"the memory at {at >> 20} MiB is not what was saved", damaged.Message);
            file.Write((ulong)at, content.AsSpan(at, 1), 1);
        }
        MemoryFileVerifier.Verify(file, Size, sums, only);
    }

    [Theory, Trait("Row", "73")]
    [InlineData(Size - 1)]
    [InlineData(Size + 1)]
    [InlineData(0UL)]
    public void File_of_another_length_is_refused(ulong length)
    {
        using MemoryFolder folder = new();
        using GuestRam ram = MemoryFolder.RamOf(Size, 4);
        SparseFile file = folder.Open("memory");
        byte[] sums = MemoryFileWriter.Write(ram, file).ToBytes();
        Assert.Equal(0, Linux.ftruncate(file.Fd.Number, (long)length));
        Assert.Contains($"has {length} bytes where the machine's memory has {Size}",
            Assert.Throws<VmmException>(() => MemoryFileVerifier.Verify(file, Size, sums)).Message);
        Assert.Contains($"has {length} bytes where the machine's memory has {Size}",
            Assert.Throws<VmmException>(() => new MemoryLayers([new MemoryLayer(file)], Size)).Message);
    }

    [Fact, Trait("Row", "73")]
    public void Sums_of_another_number_are_refused()
    {
        using MemoryFolder folder = new();
        using GuestRam ram = MemoryFolder.RamOf(Size, 4);
        SparseFile file = folder.Open("memory");
        byte[] sums = MemoryFileWriter.Write(ram, file).ToBytes();
        Assert.Throws<VmmException>(() => MemoryFileVerifier.Verify(file, Size, sums.AsSpan(8)));
    }

    [Fact, Trait("Row", "74")]
    public void Disk_that_is_full_is_reported_with_the_file_and_the_room_that_is_missing()
    {
        using TinyMount mount = TinyMount.CreateOrSkip(kilobytes: 1024);
        using GuestRam ram = GuestRam.Create(8 << 20);
        for (ulong at = 0; at < ram.Length; at += Page)
            Assert.True(ram.Memory.TryWrite(new GuestAddress(at), at + 1));
        string path = Path.Combine(mount.Root, "memory");
        using (SafeFd fd = SafeFd.Own(Linux.open(path, Linux.O_RDWR | Linux.O_CREAT | Linux.O_CLOEXEC, 0x180), "open"))
        {
            VmmException full = Assert.Throws<VmmException>(() => MemoryFileWriter.Write(ram, new SparseFile(fd, path)));
            Assert.Contains($"'{path}': the memory cannot be written (ENOSPC): up to 7 MiB more are needed", full.Message);
        }
        File.Delete(path);
    }

    [Fact]
    public void Chunk_costs_no_allocation()
    {
        using MemoryFolder folder = new();
        SparseFile file = folder.Open("memory");
        byte[] content = new byte[MemoryChunks.Size];
        new Random(1).NextBytes(content);
        content.AsSpan(40960, 4096).Clear();
        ulong[] all = [ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue], some = [5, 0, ulong.MaxValue, 1];
        ChunkWriter writer = new(file, 0);
        Write();
        Assert.Equal(0, Allocated.Least(Write));

        void Write()
        {
            writer.Write(0, content, all, all);
            writer.Write(0, content, all, some);
            writer.Write(0, content, some, all);
        }
    }
}
