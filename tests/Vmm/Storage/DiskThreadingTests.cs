using System.Diagnostics;
using Vmm.Devices.Backends;
using Vmm.Storage;
using Xunit;

namespace Vmm.Tests.Vmm.Storage;

/// <summary>Which thread does the work.</summary>
public sealed class DiskThreadingTests
{
    private const int Size = 1 << 20;

    [Fact]
    [Trait("Row", "34")]
    public void Stalled_disk_never_holds_up_a_caller_that_must_not_block()
    {
        using ManualResetEventSlim stall = new();
        using RawFileBackend backend = new(new FaultyImage(Size) { Stall = stall, KnowsNoWait = true }, "_disk0", null, DiskEngine.Threads);
        using DiskRequest first = DiskRequest.Read(0, 512);
        using DiskRequest second = DiskRequest.Read(512, 512);
        backend.Submit(first, mayBlock: false);
        backend.Submit(second, mayBlock: false);
        Assert.Null(first.Status);
        Assert.Null(second.Status);
        stall.Set();
        Assert.Equal(BlockStatus.Ok, first.Wait());
        Assert.Equal(BlockStatus.Ok, second.Wait());
        Assert.StartsWith("_disk0.w", first.CompletedBy, StringComparison.Ordinal);
    }

    [Fact]
    public void Requests_that_wait_wait_side_by_side()
    {
        using ManualResetEventSlim stall = new();
        using RawFileBackend backend = new(new FaultyImage(Size) { Stall = stall, KnowsNoWait = true }, "_disk0", null, DiskEngine.Threads);
        DiskRequest[] requests = [.. Enumerable.Range(0, 2 * BlockWorkers.MaxThreads).Select(i => DiskRequest.Read((ulong)i * 512, 512))];
        foreach (DiskRequest request in requests)
            backend.Submit(request, mayBlock: false);
        Assert.Equal(BlockWorkers.MaxThreads, backend.WorkerCount);
        stall.Set();
        foreach (DiskRequest request in requests)
        {
            Assert.Equal(BlockStatus.Ok, request.Wait());
            Assert.Equal(1, request.Completions);
            request.Dispose();
        }
    }

    [Fact]
    public void Caller_with_nothing_else_to_do_is_spared_the_hand_off()
    {
        using RawFileBackend backend = new(new FaultyImage(Size) { KnowsNoWait = true }, "_disk0", null, DiskEngine.Threads);
        using DiskRequest read = DiskRequest.Read(0, 512);
        backend.Submit(read, mayBlock: true);
        Assert.Equal(BlockStatus.Ok, read.Status);
        Assert.Equal(0, backend.WorkerCount);
    }

    [Fact]
    public void Quick_writes_need_no_thread()
    {
        using ImageFolder folder = new();
        using RawFileBackend backend = RawFileBackend.Open(new RawDiskOptions(folder.Image(Size)), "_disk0");
        using DiskRequest write = DiskRequest.Write(0, 4096, fill: 1);
        backend.Submit(write, mayBlock: false);
        Assert.Equal(BlockStatus.Ok, write.Wait());
        Assert.Equal(0, backend.WorkerCount);
    }

    [Fact]
    public void Disposal_finishes_what_is_under_way()
    {
        FaultyImage image = new(Size) { KnowsNoWait = true };
        DiskRequest[] requests = [.. Enumerable.Range(0, 64).Select(i => DiskRequest.Write((ulong)i * 512, 512, fill: 3))];
        using (RawFileBackend backend = new(image, "_disk0", null, DiskEngine.Threads))
        {
            foreach (DiskRequest request in requests)
                backend.Submit(request, mayBlock: false);
        }
        foreach (DiskRequest request in requests)
        {
            Assert.Equal(BlockStatus.Ok, request.Status);
            request.Dispose();
        }
        Assert.False(image.Content.AsSpan(0, 64 * 512).ContainsAnyExcept((byte)3));
    }

    [Fact]
    public void Requests_allocate_nothing_once_warm()
    {
        FaultyImage image = new(Size) { Facts = new ImageFacts { Path = "ram.img", Size = Size, IsMemoryBacked = true } };
        using RawFileBackend backend = new(image, "_disk0", null, DiskEngine.Threads);
        using DiskRequest request = new(4096);
        // A busy machine makes single requests slow, and the first slow ones start worker threads: that is not warm yet.
        const int rounds = 10;
        long least = long.MaxValue;
        for (int round = 0; round < rounds && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1000; i++)
                Cycle(backend, request);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }

    [Fact]
    public void Writers_are_handed_off_for_longer_the_longer_they_stay_slow()
    {
        InlinePolicy policy = new();
        Assert.Equal(0, Refusals(policy));
        policy.Took(started: 0, bytes: 4096);
        int first = Refusals(policy);
        policy.Took(started: 0, bytes: 4096);
        int second = Refusals(policy);
        Assert.InRange(first, 1, 16);
        Assert.Equal(2 * first, second);
        policy.Took(Stopwatch.GetTimestamp() + 3600 * Stopwatch.Frequency, bytes: 4096);
        policy.Took(started: 0, bytes: 4096);
        Assert.Equal(first, Refusals(policy));
    }

    private static int Refusals(InlinePolicy policy)
    {
        int refusals = 0;
        while (!policy.ShouldTry())
            refusals++;
        return refusals;
    }

    private static void Cycle(RawFileBackend backend, DiskRequest request)
    {
        request.Again(BlockOperation.Write, 4096, 4096);
        backend.Submit(request, mayBlock: false);
        request.Again(BlockOperation.Read, 4096, 4096);
        backend.Submit(request, mayBlock: false);
    }
}
