using BenchmarkDotNet.Attributes;
using Vmm.Devices.Virtio.Queue;
using Vmm.Tests.Devices.Virtio.Harness;

namespace Vmm.Bench.Micro;

/// <summary>A chain through a queue: popped, its addresses translated, completed and published. The budget is 0 bytes.</summary>
[MemoryDiagnoser]
public class ChainBenchmarks
{
    private const ushort Size = 8;
    private const ulong Ring = 0x1000, Table = 0x4000, Data = 0x8000, RamSize = 0x1_0000;

    private readonly TestRam _ram = new((0UL, RamSize));
    private readonly DescriptorChain _chain = new(64);
    private DriverQueue _driver = null!;
    private Virtqueue _queue = null!;

    /// <summary>Descriptors in the chain.</summary>
    [Params(1, 8)]
    public int Descriptors { get; set; }

    /// <summary>Whether they are in an indirect table.</summary>
    [Params(false, true)]
    public bool Indirect { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _driver = new DriverQueue(_ram, Ring, Size);
        _queue = new Virtqueue(_ram.Memory, 0, Size);
        _queue.Config = new VirtqueueConfig { Size = Size, Descriptors = _driver.Descriptors, Avail = _driver.Avail, Used = _driver.Used };
        if (_queue.Activate(eventIndex: false, indirect: true) != RingStatus.Ok)
            throw new InvalidOperationException("the rings are wrong");
        GuestBuffer[] buffers = [.. Enumerable.Range(0, Descriptors).Select(i => new GuestBuffer(Data + (ulong)i * 512, 512, Writable: i > 0))];
        // One chain, whose head is in every place of the ring and is made available again and again.
        if (Indirect)
            _driver.AddIndirect(Table, buffers);
        else
            _driver.Add(buffers);
        for (uint i = 0; i < Size; i++)
            _ram.Write(_driver.Avail + 4 + 2UL * i, (ushort)0);
        _ = _queue.TryPop(_chain);
        Complete();
    }

    [GlobalCleanup]
    public void CleanUp() => _ram.Dispose();

    /// <summary>What the bytes of the descriptors and the ring cost without a look at what they say.</summary>
    [Benchmark(Baseline = true)]
    public ulong Bare_bytes()
    {
        ulong sum = 0;
        for (ulong i = 0; i < (ulong)Descriptors; i++)
            sum += _ram.Read<ulong>(Table + 16 * i) + _ram.Read<ulong>(Table + 16 * i + 8);
        _ram.Write(_driver.Used + 2, (ushort)sum);
        return sum;
    }

    [Benchmark]
    [Budget(bytes: 0, ratio: 20)]
    public bool Chain()
    {
        _driver.AvailIndex++;
        return _queue.TryPop(_chain) == ChainStatus.Ok && Complete();
    }

    private bool Complete()
    {
        _queue.AddUsed(_chain.Head, 512);
        return _queue.Publish();
    }
}
