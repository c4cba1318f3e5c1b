using Vmm.Devices.Backends;
using Vmm.Devices.Doorbells;
using Vmm.Host;
using Vmm.Storage;
using Vmm.Tests.Devices;
using Xunit;

namespace Vmm.Tests.Vmm.Storage;

/// <summary>Requests in a ring: started together, bounded, never lost.</summary>
public sealed class DiskRingTests
{
    private const int Size = 1 << 20;

    [Fact]
    public void Requests_of_one_pass_are_started_by_one_call()
    {
        FaultyImage image = Image();
        using RawFileBackend backend = Over(image);
        DiskRequest[] requests = Reads(8);
        foreach (DiskRequest request in requests)
            backend.Submit(request, mayBlock: false);
        Assert.Equal(0, image.RingSubmissions);
        backend.Commit();
        Assert.Equal(1, image.RingSubmissions);
        Finish(requests);
        Assert.Equal(0, backend.WorkerCount);
    }

    [Fact]
    [Trait("Row", "34")]
    public void Stalled_disk_never_holds_up_a_caller_that_must_not_block()
    {
        using ManualResetEventSlim stall = new();
        FaultyImage image = Image(stall);
        using RawFileBackend backend = Over(image);
        DiskRequest[] requests = Reads(3 * image.RingCapacity);
        foreach (DiskRequest request in requests)
            backend.Submit(request, mayBlock: false);
        backend.Commit();
        Assert.All(requests, request => Assert.Null(request.Status));
        stall.Set();
        backend.Poll();
        Finish(requests);
    }

    [Fact]
    [Trait("Row", "58")]
    public void What_the_host_has_no_room_for_in_the_ring_goes_to_threads()
    {
        FaultyImage image = Image();
        image.RingRoom = 2;
        using RawFileBackend backend = Over(image);
        DiskRequest[] requests = Reads(5);
        foreach (DiskRequest request in requests)
            backend.Submit(request, mayBlock: false);
        backend.Commit();
        foreach (DiskRequest request in requests)
            Assert.Equal(BlockStatus.Ok, request.Wait());
        Assert.NotEqual(0, backend.WorkerCount);
        Finish(requests);
    }

    [Fact]
    public void Request_that_a_ring_cannot_wait_for_goes_to_a_thread()
    {
        FaultyImage image = Image();
        image.RingFaults.Enqueue((int)Errno.EAGAIN);
        using RawFileBackend backend = Over(image);
        using DiskRequest request = DiskRequest.Read(0, 512);
        Assert.Equal(BlockStatus.Ok, request.Do(backend, mayBlock: false));
        Assert.StartsWith("_disk0.w", request.CompletedBy, StringComparison.Ordinal);
    }

    [Fact]
    public void Ring_is_made_when_something_has_to_wait_and_not_before()
    {
        FaultyImage image = Image();
        using RawFileBackend backend = new(image, "_disk0", null);
        using DiskRequest first = DiskRequest.Read(0, 512);
        first.Do(backend, mayBlock: true);
        Assert.False(backend.HasRing);
        using DiskRequest second = DiskRequest.Read(0, 512);
        second.Do(backend, mayBlock: false);
        Assert.True(backend.HasRing);
    }

    [Fact]
    public void Requests_allocate_nothing_once_warm()
    {
        using ImageFolder folder = new();
        using RawFileBackend backend = RawFileBackend.Open(new RawDiskOptions(folder.Image(Size)) { Direct = true, Engine = DiskEngine.Io_uring }, "_disk0");
        using DiskRequest request = new(4096);
        for (int i = 0; i < 100; i++)
            Cycle(backend, request, i);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 200; i++)
                Cycle(backend, request, i);
        }));
    }

    [Fact]
    public void Completion_rings_the_device_on_the_loop_that_submits()
    {
        using ImageFolder folder = new();
        EventLoop loop = new("_disk0");
        RawFileBackend backend = RawFileBackend.Open(new RawDiskOptions(folder.Image(Size)) { Direct = true, Engine = DiskEngine.Io_uring }, "_disk0");
        backend.RunOn(loop);
        backend.Announce(new PollWhenRung(backend));
        DiskRequest[] requests = Reads(64, 4096);
        loop.Post(() =>
        {
            foreach (DiskRequest request in requests)
                backend.Submit(request, mayBlock: false);
            backend.Commit();
        });
        foreach (DiskRequest request in requests)
        {
            Assert.Equal(BlockStatus.Ok, request.Wait());
            Assert.Equal("_disk0", request.CompletedBy);
        }
        loop.Dispose();
        backend.Dispose();
        Finish(requests);
    }

    [Fact]
    public void Image_can_be_opened_again_as_soon_as_its_ring_is_gone()
    {
        using ImageFolder folder = new();
        RawDiskOptions options = new(folder.Image(Size)) { Direct = true, Engine = DiskEngine.Io_uring };
        for (int i = 0; i < 20; i++)
        {
            using RawFileBackend backend = RawFileBackend.Open(options, "_disk0");
            using DiskRequest request = DiskRequest.Write(0, 4096, fill: 1);
            Assert.Equal(BlockStatus.Ok, request.Do(backend, mayBlock: false));
        }
    }

    private static void Cycle(RawFileBackend backend, DiskRequest request, int round)
    {
        request.Again(round % 2 == 0 ? BlockOperation.Write : BlockOperation.Read, 4096, 4096);
        backend.Submit(request, mayBlock: false);
        backend.Commit();
        while (request.Status is null)
            backend.Poll();
    }

    private static FaultyImage Image(ManualResetEventSlim? stall = null) => new(Size) { KnowsNoWait = true, Stall = stall };

    private static RawFileBackend Over(FaultyImage image) => new(image, "_disk0", null, DiskEngine.Io_uring);

    private static DiskRequest[] Reads(int count, int length = 512) => [.. Enumerable.Range(0, count).Select(i => DiskRequest.Read((ulong)(i * length), length))];

    private static void Finish(DiskRequest[] requests)
    {
        foreach (DiskRequest request in requests)
        {
            Assert.Equal(BlockStatus.Ok, request.Status);
            Assert.Equal(1, request.Completions);
            request.Dispose();
        }
    }

    private sealed class PollWhenRung(RawFileBackend backend) : IDoorbellTarget
    {
        public void Ring() => backend.Poll();
    }
}
