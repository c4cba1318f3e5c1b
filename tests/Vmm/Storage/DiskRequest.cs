using System.Diagnostics;
using System.Runtime.InteropServices;
using Vmm.Devices.Backends;
using Xunit;

namespace Vmm.Tests.Vmm.Storage;

/// <summary>A request with memory of its own, that a test can wait for.</summary>
internal sealed unsafe class DiskRequest : BlockRequest, IDisposable
{
    private const int Alignment = 4096;

    private readonly ManualResetEventSlim _done = new();
    private readonly byte* _memory;
    private readonly int _capacity;

    public DiskRequest(int capacity = 1 << 20)
    {
        _capacity = capacity;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)capacity + Alignment, Alignment);
    }

    public BlockStatus? Status { get; private set; }

    /// <summary>The thread that completed it.</summary>
    public string? CompletedBy { get; private set; }

    public int Completions { get; private set; }

    public Span<byte> Memory => new(_memory, _capacity + Alignment);

    public static DiskRequest Read(ulong offset, int length, int memoryOffset = 0) => Data(BlockOperation.Read, offset, length, memoryOffset);

    public static DiskRequest Write(ulong offset, int length, byte fill, int memoryOffset = 0)
    {
        DiskRequest request = Data(BlockOperation.Write, offset, length, memoryOffset);
        request.Memory.Fill(fill);
        return request;
    }

    public static DiskRequest Flush()
    {
        DiskRequest request = new(0);
        request.Begin(BlockOperation.Flush, 0);
        return request;
    }

    public static DiskRequest Erase(BlockOperation operation, params ReadOnlySpan<BlockRange> ranges)
    {
        DiskRequest request = new(0);
        request.Begin(operation, 0);
        foreach (ref readonly BlockRange range in ranges)
            request.AddRange(range);
        return request;
    }

    public void Add(int memoryOffset, int length) => AddSegment((nint)_memory + memoryOffset, (nuint)length);

    public void Again(BlockOperation operation, ulong offset, int length)
    {
        _done.Reset();
        Status = null;
        Begin(operation, offset);
        Add(0, length);
    }

    /// <summary>Submits it and waits until it is done.</summary>
    public BlockStatus Do(IBlockBackend backend, bool mayBlock = true)
    {
        backend.Submit(this, mayBlock);
        return Wait(backend);
    }

    /// <summary>Waits as the event thread of a disk would that has nothing else to do.</summary>
    public BlockStatus Wait(IBlockBackend backend)
    {
        long started = Stopwatch.GetTimestamp();
        backend.Commit();
        while (!_done.IsSet && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30))
        {
            backend.Poll();
            Thread.Yield();
        }
        return Wait();
    }

    public BlockStatus Wait()
    {
        Assert.True(_done.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), "the request was never completed");
        return Status!.Value;
    }

    public override void Complete(BlockStatus status)
    {
        Status = status;
        Completions++;
        CompletedBy = Thread.CurrentThread.Name;
        _done.Set();
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _done.Dispose();
    }

    private static DiskRequest Data(BlockOperation operation, ulong offset, int length, int memoryOffset)
    {
        DiskRequest request = new(memoryOffset + length);
        request.Begin(operation, offset);
        request.Add(memoryOffset, length);
        return request;
    }
}
