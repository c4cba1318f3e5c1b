using Vmm.Devices.Backends;
using Vmm.Storage;
using Xunit;

namespace Vmm.Tests.Vmm.Storage;

/// <summary>The back end on real files, through the page cache and past it.</summary>
public abstract class RawFileBackendTests(DiskWay way) : IDisposable
{
    private const int Size = 1 << 20;

    private readonly ImageFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_gives_the_bytes_of_the_file(bool direct)
    {
        using RawFileBackend backend = Open(_folder.Image(Size), direct: direct);
        using DiskRequest read = DiskRequest.Read(8192, 16384);
        Assert.Equal(BlockStatus.Ok, read.Do(backend, way));
        for (int i = 0; i < 16384; i++)
            Assert.Equal(ImageFolder.ByteAt(8192 + i), read.Memory[i]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Write_changes_those_bytes_and_no_others(bool direct)
    {
        string image = _folder.Image(Size);
        using (RawFileBackend backend = Open(image, direct: direct))
        {
            using DiskRequest write = DiskRequest.Write(4096, 8192, fill: 0);
            Assert.Equal(BlockStatus.Ok, write.Do(backend, way));
            using DiskRequest flush = DiskRequest.Flush();
            Assert.Equal(BlockStatus.Ok, flush.Do(backend, way));
        }
        AssertZeroOnly(image, 4096, 8192);
    }

    [Fact]
    public void Segments_are_filled_in_their_order()
    {
        using RawFileBackend backend = Open(_folder.Image(Size));
        using DiskRequest read = new(8192);
        read.Begin(BlockOperation.Read, 512);
        read.Add(4096, 100);
        read.Add(0, 412);
        Assert.Equal(BlockStatus.Ok, read.Do(backend, way));
        Assert.Equal(ImageFolder.ByteAt(512), read.Memory[4096]);
        Assert.Equal(ImageFolder.ByteAt(612), read.Memory[0]);
        Assert.Equal(ImageFolder.ByteAt(1023), read.Memory[411]);
    }

    [Fact]
    public void More_segments_than_one_call_takes_are_all_moved()
    {
        using RawFileBackend backend = Open(_folder.Image(2 << 20));
        using DiskRequest read = new(4 << 20);
        read.Begin(BlockOperation.Read, 0);
        for (int i = 0; i < 2048; i++)
            read.Add(i * 1024, 512);
        Assert.Equal(BlockStatus.Ok, read.Do(backend, way));
        for (int i = 0; i < 2048; i++)
            Assert.Equal(ImageFolder.ByteAt(i * 512), read.Memory[i * 1024]);
    }

    [Fact]
    public void Direct_write_of_unaligned_memory_goes_through_a_buffer()
    {
        string image = _folder.Image(Size);
        using (RawFileBackend backend = Open(image, direct: true))
        {
            using DiskRequest write = DiskRequest.Write(4096, 512 << 10, fill: 0, memoryOffset: 3);
            Assert.Equal(BlockStatus.Ok, write.Do(backend, way));
        }
        AssertZeroOnly(image, 4096, 512 << 10);
    }

    [Fact]
    public void Direct_read_into_unaligned_memory_goes_through_a_buffer()
    {
        using RawFileBackend backend = Open(_folder.Image(Size), direct: true);
        using DiskRequest read = DiskRequest.Read(512, 512 << 10, memoryOffset: 5);
        Assert.Equal(BlockStatus.Ok, read.Do(backend, way));
        for (int i = 0; i < 512 << 10; i += 97)
            Assert.Equal(ImageFolder.ByteAt(512 + i), read.Memory[5 + i]);
    }

    [Fact]
    public void Bytes_past_a_partial_last_sector_read_as_zeros()
    {
        using RawFileBackend backend = Open(_folder.Image(1000));
        Assert.Equal(1024UL, backend.Capacity);
        using DiskRequest read = DiskRequest.Read(512, 512);
        read.Memory.Fill(0xEE);
        Assert.Equal(BlockStatus.Ok, read.Do(backend, way));
        Assert.Equal(ImageFolder.ByteAt(999), read.Memory[487]);
        Assert.False(read.Memory[488..512].ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Partial_last_sector_reads_the_same_with_direct_io()
    {
        using RawFileBackend backend = Open(_folder.Image(1000), direct: true, readOnly: true);
        using DiskRequest read = DiskRequest.Read(0, 1024);
        read.Memory.Fill(0xEE);
        Assert.Equal(BlockStatus.Ok, read.Do(backend, way));
        Assert.Equal(ImageFolder.ByteAt(999), read.Memory[999]);
        Assert.False(read.Memory[1000..1024].ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Write_to_a_partial_last_sector_makes_the_file_whole()
    {
        string image = _folder.Image(1000);
        using (RawFileBackend backend = Open(image))
        {
            using DiskRequest write = DiskRequest.Write(512, 512, fill: 7);
            Assert.Equal(BlockStatus.Ok, write.Do(backend, way));
        }
        Assert.Equal(1024, new FileInfo(image).Length);
    }

    [Fact]
    [Trait("Row", "58")]
    public void Read_of_a_file_that_was_cut_short_fails_and_the_rest_still_reads()
    {
        string image = _folder.Image(Size);
        using RawFileBackend backend = Open(image);
        using (FileStream file = new(image, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(8192);
        using DiskRequest lost = DiskRequest.Read(4096, 8192);
        Assert.Equal(BlockStatus.IoError, lost.Do(backend, way));
        using DiskRequest kept = DiskRequest.Read(4096, 4096);
        Assert.Equal(BlockStatus.Ok, kept.Do(backend, way));
    }

    [Theory]
    [InlineData(BlockOperation.Discard, false)]
    [InlineData(BlockOperation.WriteZeroes, true)]
    [InlineData(BlockOperation.WriteZeroes, false)]
    public void Erased_ranges_read_as_zeros(BlockOperation operation, bool mayUnmap)
    {
        string image = _folder.Image(Size);
        using (RawFileBackend backend = Open(image))
        {
            Assert.True(backend.CanDiscard);
            using DiskRequest erase = DiskRequest.Erase(operation, new BlockRange(8192, 4096, mayUnmap), new BlockRange(12288, 4096, mayUnmap));
            Assert.Equal(BlockStatus.Ok, erase.Do(backend, way));
        }
        AssertZeroOnly(image, 8192, 8192);
        Assert.Equal(Size, new FileInfo(image).Length);
    }

    [Fact]
    [Trait("Row", "65")]
    public void Disk_with_another_formats_header_stays_raw()
    {
        string image = _folder.Image(Size);
        byte[] header = [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3];
        using (RawFileBackend backend = Open(image))
        {
            using DiskRequest write = DiskRequest.Write(0, 512, fill: 0);
            header.CopyTo(write.Memory);
            Assert.Equal(BlockStatus.Ok, write.Do(backend, way));
        }
        using RawFileBackend again = Open(image);
        Assert.Equal((ulong)Size, again.Capacity);
        using DiskRequest read = DiskRequest.Read(0, 1024);
        Assert.Equal(BlockStatus.Ok, read.Do(again, way));
        Assert.Equal(header, read.Memory[..8]);
        Assert.Equal(ImageFolder.ByteAt(512), read.Memory[512]);
    }

    [Fact]
    public void Identity_is_the_users_or_stays_the_same_for_the_same_path()
    {
        string image = _folder.Image(Size);
        string first;
        using (RawFileBackend backend = Open(image))
            first = backend.Identity;
        using (RawFileBackend backend = Open(image))
            Assert.Equal(first, backend.Identity);
        using RawFileBackend named = RawFileBackend.Open(new RawDiskOptions(image) { Id = "root" }, "_disk0");
        Assert.Equal("root", named.Identity);
        Assert.True(first.Length <= 20);
    }

    private RawFileBackend Open(string path, bool direct = false, bool readOnly = false) =>
        RawFileBackend.Open(new RawDiskOptions(path) { Direct = direct, ReadOnly = readOnly, Engine = way.Engine() }, "_disk0");

    private static void AssertZeroOnly(string image, int start, int length)
    {
        byte[] content = File.ReadAllBytes(image);
        Assert.False(content.AsSpan(start, length).ContainsAnyExcept((byte)0));
        Assert.False(content.AsSpan(0, start).Contains((byte)0));
        Assert.False(content.AsSpan(start + length).Contains((byte)0));
    }
}

/// <summary>By the caller.</summary>
public sealed class RawFileByCallerTests() : RawFileBackendTests(DiskWay.Caller);

/// <summary>By threads.</summary>
public sealed class RawFileByThreadsTests() : RawFileBackendTests(DiskWay.Threads);

/// <summary>By a ring.</summary>
public sealed class RawFileByRingTests() : RawFileBackendTests(DiskWay.Ring);
