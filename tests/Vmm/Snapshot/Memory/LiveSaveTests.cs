using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Snapshot.Memory;
using Vmm.Tests.Vmm.Storage;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot.Memory;

/// <summary>RAM is saved as it was at one moment, whatever is written to it meanwhile.</summary>
public sealed class LiveSaveTests
{
    private const ulong Page = DirtyBitmap.PageSize;
    private const ulong Size = (24 << 20) + 3 * Page;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void File_has_what_RAM_was_when_the_save_began(bool shared, bool delta)
    {
        MemoryFolder.RequireUserfault();
        using MemoryFolder folder = new();
        using GuestRam ram = MemoryFolder.RamOf(Size, 30, shared);
        DirtyBitmap? only = delta ? MemoryFolder.Scribble(ram, 31, 2000) : null;
        byte[] before = MemoryFolder.ContentOf(ram);
        SparseFile file = folder.Open("memory");
        MemoryFileSums sums;
        using (LiveSave save = new(ram, file, only))
        {
            Thread[] writers = [.. Enumerable.Range(0, 3).Select(seed => new Thread(() => MemoryFolder.Scribble(ram, seed, 1500)))];
            Array.ForEach(writers, writer => writer.Start());
            GC.Collect();
            sums = save.Save(_ => GC.Collect());
            Array.ForEach(writers, writer => writer.Join());
        }
        byte[] saved = File.ReadAllBytes(file.Path);
        for (int at = 0; at < before.Length; at += (int)Page)
        {
            Span<byte> expected = only is null || only.IsMarked((ulong)at) ? before.AsSpan(at, (int)Page) : new byte[Page];
            Assert.True(expected.SequenceEqual(saved.AsSpan(at, (int)Page)), $"page at 0x{at:x}");
        }
        MemoryFileVerifier.Verify(file, Size, sums.ToBytes(), only);
        Assert.NotEqual(before, MemoryFolder.ContentOf(ram));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public unsafe void Page_that_is_written_before_its_turn_is_saved_first_by_whomever_it_is_written(bool shared)
    {
        MemoryFolder.RequireUserfault();
        using MemoryFolder folder = new();
        using GuestRam ram = GuestRam.Create(Size, shared);
        for (ulong at = 0; at < Size; at += Page)
            Assert.True(ram.Memory.TryWrite(new GuestAddress(at), at + 1));
        byte[] before = MemoryFolder.ContentOf(ram);
        File.WriteAllBytes(folder.PathOf("disk"), [.. Enumerable.Repeat((byte)0xEE, 3 * (int)Page)]);
        SparseFile disk = folder.Open("disk"), file = folder.Open("memory");
        using LiveSave save = new(ram, file);

        // As a device does that copies, and as a disk does whose bytes the kernel writes.
        Assert.True(ram.Memory.TryWrite(new GuestAddress(7 * Page), 1));
        Assert.Equal(3 * (nint)Page, Linux.pread(disk.Fd.Number, (void*)(ram.Start + (nint)(20 * Page) + 5), 3 * (nuint)Page, 0));
        Assert.Equal(5, save.Faults);
        Assert.True(ram.Memory.TryWrite(new GuestAddress(7 * Page), 2));
        Assert.Equal(5, save.Faults);
        save.Save();
        Assert.Equal(before, File.ReadAllBytes(file.Path));
        Assert.True(ram.Memory.TryRead(new GuestAddress(20 * Page + 5), out uint value));
        Assert.Equal(0xEEEE_EEEEu, value);
    }

    [Fact, Trait("Row", "74")]
    public void Disk_that_is_full_ends_the_save_and_not_the_guest()
    {
        MemoryFolder.RequireUserfault();
        using TinyMount mount = TinyMount.CreateOrSkip(kilobytes: 64);
        using GuestRam ram = GuestRam.Create(Size);
        for (ulong at = 0; at < Size; at += Page)
            Assert.True(ram.Memory.TryWrite(new GuestAddress(at), at + 1));
        string path = Path.Combine(mount.Root, "memory");
        using (SafeFd fd = SafeFd.Own(Linux.open(path, Linux.O_RDWR | Linux.O_CREAT | Linux.O_CLOEXEC, 0x180), "open"))
        {
            using LiveSave save = new(ram, new SparseFile(fd, path));
            for (ulong at = 0; at < Size; at += Page)
                Assert.True(ram.Memory.TryWrite(new GuestAddress(at), 0));
            Assert.Contains("ENOSPC", Assert.Throws<VmmException>(() => save.Save()).Message);
        }
        File.Delete(path);
    }

    [Fact]
    public void Save_that_is_given_up_lets_everything_be_written()
    {
        MemoryFolder.RequireUserfault();
        using MemoryFolder folder = new();
        using GuestRam ram = MemoryFolder.RamOf(Size, 30);
        new LiveSave(ram, folder.Open("memory")).Dispose();
        MemoryFolder.Scribble(ram, 32, 100);
        Assert.False(ram.KeepsPages);
    }

    [Fact]
    public void Memory_that_is_mapped_from_a_snapshot_is_refused_with_what_helps()
    {
        using MemoryFolder folder = new();
        using GuestRam mapped = RamLoader.Map(RamLoaderTests.Chain(folder, 0, out _));
        VmmException refused = Assert.Throws<VmmException>(() => new LiveSave(mapped, folder.Open("again")));
        Assert.Contains("read it when it is restored", refused.Message);
    }
}
