using Vmm.Devices.Backends;
using Vmm.Host;
using Vmm.Storage;
using Xunit;

namespace Vmm.Tests.Vmm.Storage;

/// <summary>Disks that fail in the ways real ones do (rows 58 and 59).</summary>
public abstract class DiskFaultTests(DiskWay way)
{
    private const int Size = 1 << 20;

    [Theory]
    [Trait("Row", "58")]
    [InlineData(Errno.EIO)]
    [InlineData(Errno.ENOSPC)]
    [InlineData(Errno.EDQUOT)]
    [InlineData(Errno.EFBIG)]
    [InlineData(Errno.EAGAIN)]
    public void Failed_write_is_an_error_and_the_next_one_works(object errno)
    {
        FaultyImage image = new(Size);
        using RawFileBackend backend = Over(image);
        image.Faults.Enqueue((int)errno);
        using DiskRequest write = DiskRequest.Write(0, 4096, fill: 5);
        // Of a ring it means that it cannot wait, and a thread then tries.
        BlockStatus expected = way == DiskWay.Ring && (Errno)errno == Errno.EAGAIN ? BlockStatus.Ok : BlockStatus.IoError;
        Assert.Equal(expected, write.Do(backend, way));
        using DiskRequest next = DiskRequest.Write(4096, 4096, fill: 6);
        Assert.Equal(BlockStatus.Ok, next.Do(backend, way));
        Assert.Equal(6, image.Content[4096]);
    }

    [Theory]
    [Trait("Row", "58")]
    [InlineData(BlockOperation.Read)]
    [InlineData(BlockOperation.Write)]
    public void Interrupted_and_short_transfers_are_taken_up_where_they_stopped(BlockOperation operation)
    {
        FaultyImage image = new(Size);
        for (int i = 0; i < Size; i++)
            image.Content[i] = ImageFolder.ByteAt(i);
        using RawFileBackend backend = Over(image);
        foreach (int fault in (int[])[(int)Errno.EINTR, -100, (int)Errno.EINTR, -1, -4000])
            image.Faults.Enqueue(fault);
        using DiskRequest request = new(16384);
        request.Begin(operation, 512);
        request.Add(0, 100);
        request.Add(200, 300);
        request.Add(1000, 7792);
        request.Memory.Fill(9);
        Assert.Equal(BlockStatus.Ok, request.Do(backend, way));
        Assert.Empty(image.Faults);
        if (operation == BlockOperation.Read)
        {
            Assert.Equal(ImageFolder.ByteAt(512 + 99), request.Memory[99]);
            Assert.Equal(ImageFolder.ByteAt(512 + 100), request.Memory[200]);
            Assert.Equal(ImageFolder.ByteAt(512 + 8191), request.Memory[1000 + 7791]);
            Assert.Equal(9, request.Memory[1000 + 7792]);
        }
        else
        {
            Assert.False(image.Content.AsSpan(512, 8192).ContainsAnyExcept((byte)9));
            Assert.Equal(ImageFolder.ByteAt(512 + 8192), image.Content[512 + 8192]);
        }
    }

    [Theory]
    [Trait("Row", "58")]
    [InlineData(BlockOperation.Read, Errno.EIO)]
    [InlineData(BlockOperation.Write, Errno.ENOSPC)]
    [InlineData(BlockOperation.Flush, Errno.EIO)]
    [InlineData(BlockOperation.WriteZeroes, Errno.ENOSPC)]
    [InlineData(BlockOperation.Discard, Errno.EIO)]
    public void Failure_of_the_host_is_told_with_what_it_was_and_why(object operation, object errno)
    {
        FaultyImage image = new(Size) { AllocateAnswer = (Errno)errno };
        List<(BlockOperation, Errno)> told = [];
        using (RawFileBackend backend = Over(image))
        {
            backend.Failed = (what, why) =>
            {
                lock (told)
                    told.Add((what, why));
            };
            image.Faults.Enqueue((int)(Errno)errno);
            using DiskRequest request = (BlockOperation)operation switch
            {
                BlockOperation.Read => DiskRequest.Read(0, 4096),
                BlockOperation.Write => DiskRequest.Write(0, 4096, fill: 1),
                BlockOperation.Flush => DiskRequest.Flush(),
                BlockOperation erase => DiskRequest.Erase(erase, new BlockRange(0, 4096, MayUnmap: true)),
            };
            Assert.Equal(BlockStatus.IoError, request.Do(backend, way));
        }
        Assert.Equal([((BlockOperation)operation, (Errno)errno)], told);
    }

    [Fact]
    [Trait("Row", "58")]
    public void Full_file_system_and_an_image_that_was_cut_are_told()
    {
        using TinyMount mount = TinyMount.CreateOrSkip(256);
        string path = Path.Combine(mount.Root, "disk.img");
        using (FileStream file = File.Create(path))
            file.SetLength(Size);
        List<(BlockOperation, Errno)> told = [];
        using RawFileBackend backend = RawFileBackend.Open(new RawDiskOptions(path) { Engine = way.Engine() }, "_disk0");
        backend.Failed = (what, why) =>
        {
            lock (told)
                told.Add((what, why));
        };
        using DiskRequest write = DiskRequest.Write(0, 512 << 10, fill: 1);
        Assert.Equal(BlockStatus.IoError, write.Do(backend, way));
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(8192);
        using DiskRequest read = DiskRequest.Read(4096, 8192);
        Assert.Equal(BlockStatus.IoError, read.Do(backend, way));
        Assert.Equal([(BlockOperation.Write, Errno.ENOSPC), (BlockOperation.Read, Errno.None)], told);
    }

    [Fact]
    [Trait("Row", "59")]
    public void Failed_flush_is_reported()
    {
        FaultyImage image = new(Size);
        using RawFileBackend backend = Over(image);
        image.Faults.Enqueue((int)Errno.EIO);
        using DiskRequest flush = DiskRequest.Flush();
        Assert.Equal(BlockStatus.IoError, flush.Do(backend, way));
    }

    [Fact]
    public void Durable_write_reaches_the_disk_before_it_completes()
    {
        FaultyImage image = new(Size);
        using RawFileBackend backend = Over(image);
        using DiskRequest write = DiskRequest.Write(0, 4096, fill: 5);
        write.Durable = true;
        Assert.Equal(BlockStatus.Ok, write.Do(backend, way));
        Assert.Equal(1, image.DurableWrites);
    }

    [Fact]
    public void Zeroes_are_written_out_where_the_file_system_has_no_holes()
    {
        FaultyImage image = new(4 << 20);
        image.Content.AsSpan().Fill(0xFF);
        using RawFileBackend backend = Over(image);
        using DiskRequest erase = DiskRequest.Erase(BlockOperation.WriteZeroes, new BlockRange(512, 3 << 20, MayUnmap: true));
        erase.Durable = true;
        Assert.Equal(BlockStatus.Ok, erase.Do(backend, way));
        Assert.False(image.Content.AsSpan(512, 3 << 20).ContainsAnyExcept((byte)0));
        Assert.Equal(0xFF, image.Content[511]);
        Assert.Equal(0xFF, image.Content[512 + (3 << 20)]);
        Assert.Equal([Linux.FALLOC_FL_PUNCH_HOLE, Linux.FALLOC_FL_ZERO_RANGE], image.AllocateModes);
        Assert.Equal(1, image.Syncs);
    }

    [Fact]
    public void Zeroes_that_must_stay_allocated_never_punch_a_hole()
    {
        FaultyImage image = new(Size);
        using RawFileBackend backend = Over(image);
        using DiskRequest erase = DiskRequest.Erase(BlockOperation.WriteZeroes, new BlockRange(0, 4096, MayUnmap: false));
        Assert.Equal(BlockStatus.Ok, erase.Do(backend, way));
        Assert.DoesNotContain(Linux.FALLOC_FL_PUNCH_HOLE, image.AllocateModes);
    }

    [Fact]
    public void Discard_that_the_file_system_cannot_do_is_unsupported()
    {
        using RawFileBackend backend = Over(new FaultyImage(Size));
        using DiskRequest erase = DiskRequest.Erase(BlockOperation.Discard, new BlockRange(0, 4096, MayUnmap: false));
        Assert.Equal(BlockStatus.Unsupported, erase.Do(backend, way));
    }

    [Fact]
    [Trait("Row", "58")]
    public void Full_file_system_fails_the_write_and_reads_go_on()
    {
        using TinyMount mount = TinyMount.CreateOrSkip(kilobytes: 256);
        string path = Path.Combine(mount.Root, "sparse.img");
        using (FileStream file = File.Create(path))
            file.SetLength(Size);
        using RawFileBackend backend = RawFileBackend.Open(new RawDiskOptions(path) { Engine = way.Engine() }, "_disk0");
        using DiskRequest large = DiskRequest.Write(0, Size, fill: 1);
        Assert.Equal(BlockStatus.IoError, large.Do(backend, way));
        using DiskRequest read = DiskRequest.Read(Size - 4096, 4096);
        Assert.Equal(BlockStatus.Ok, read.Do(backend, way));
        using DiskRequest erase = DiskRequest.Erase(BlockOperation.Discard, new BlockRange(0, Size, MayUnmap: true));
        Assert.Equal(BlockStatus.Ok, erase.Do(backend, way));
        using DiskRequest small = DiskRequest.Write(0, 4096, fill: 2);
        Assert.Equal(BlockStatus.Ok, small.Do(backend, way));
    }

    private RawFileBackend Over(FaultyImage image)
    {
        // Past the page cache nothing is quick, so that requests go the way they should.
        image.Facts = image.Facts with { Direct = way != DiskWay.Caller };
        return new RawFileBackend(image, "_disk0", "faulty", way.Engine());
    }
}

/// <summary>By the caller.</summary>
public sealed class DiskFaultByCallerTests() : DiskFaultTests(DiskWay.Caller);

/// <summary>By threads.</summary>
public sealed class DiskFaultByThreadsTests() : DiskFaultTests(DiskWay.Threads);

/// <summary>By a ring.</summary>
public sealed class DiskFaultByRingTests() : DiskFaultTests(DiskWay.Ring);
