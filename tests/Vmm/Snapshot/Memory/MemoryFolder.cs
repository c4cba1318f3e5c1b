using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Snapshot.Memory;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot.Memory;

/// <summary>A folder of memory files, and RAM with a content that can be told.</summary>
internal sealed class MemoryFolder : IDisposable
{
    public const ulong Page = DirtyBitmap.PageSize;

    private readonly List<SafeFd> _open = [];

    public MemoryFolder(string? root = null) => Root = root ?? Directory.CreateTempSubdirectory("vmm-memory-").FullName;

    public string Root { get; }

    /// <summary>Skips where page faults cannot be served.</summary>
    public static void RequireUserfault()
    {
        try
        {
            Userfault.Open("a test", Linux.UFFD_FEATURE_PAGEFAULT_FLAG_WP | Linux.UFFD_FEATURE_WP_HUGETLBFS_SHMEM | Linux.UFFD_FEATURE_MISSING_SHMEM).Dispose();
        }
        catch (VmmException refused)
        {
            Assert.Skip(refused.Message);
        }
    }

    /// <summary>RAM in which some pages are written at random, some with zeros, and most are untouched.</summary>
    public static GuestRam RamOf(ulong size, int seed, bool shared = false)
    {
        GuestRam ram = GuestRam.Create(size, shared);
        Scribble(ram, seed, (int)(size / Page / 3));
        return ram;
    }

    /// <summary>Writes pages; returns which.</summary>
    public static DirtyBitmap Scribble(GuestRam ram, int seed, int count)
    {
        Random random = new(seed);
        DirtyBitmap written = new(ram.Length);
        byte[] page = new byte[Page];
        for (int i = 0; i < count; i++)
        {
            ulong at = (ulong)random.NextInt64((long)(ram.Length / Page)) * Page;
            random.NextBytes(page);
            if (random.Next(4) == 0)
                Array.Clear(page);
            Assert.True(ram.Memory.TryWrite(new GuestAddress(at), page));
            written.Mark(at, Page);
        }
        return written;
    }

    public static byte[] ContentOf(GuestRam ram)
    {
        byte[] content = new byte[ram.Length];
        Assert.True(ram.Memory.TryRead(GuestAddress.Zero, content));
        return content;
    }

    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>A file, made if there is none.</summary>
    public SparseFile Open(string name)
    {
        SafeFd fd = SafeFd.Own(Linux.open(PathOf(name), Linux.O_RDWR | Linux.O_CREAT | Linux.O_CLOEXEC, 0x180), "open");
        _open.Add(fd);
        return new SparseFile(fd, PathOf(name));
    }

    public void Dispose()
    {
        _open.ForEach(fd => fd.Dispose());
        Directory.Delete(Root, recursive: true);
    }
}
