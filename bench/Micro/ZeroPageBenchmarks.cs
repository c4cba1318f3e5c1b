using System.IO.Hashing;
using BenchmarkDotNet.Attributes;
using Vmm.Snapshot.Memory;

namespace Vmm.Bench.Micro;

/// <summary>What a page costs before it is written to a file: is it zeros, and what is its sum. The budget is 0 bytes.</summary>
[MemoryDiagnoser]
public class ZeroPageBenchmarks
{
    private const int Page = 4096;

    private readonly byte[] _zeros = new byte[Page];
    private readonly byte[] _late = new byte[Page];
    private readonly byte[] _chunk = new byte[MemoryChunks.Size];

    [GlobalSetup]
    public void SetUp()
    {
        _late[^1] = 1;
        new Random(1).NextBytes(_chunk);
    }

    /// <summary>The runtime's own look for what is not zero.</summary>
    [Benchmark(Baseline = true)]
    public bool Bare_scan() => !_zeros.AsSpan().ContainsAnyExcept((byte)0);

    [Benchmark]
    [Budget(bytes: 0, ratio: 3)]
    public bool PageOfZeros() => MemoryChunks.IsZero(_zeros);

    [Benchmark]
    [Budget(bytes: 0, ratio: 3)]
    public bool PageWhoseLastByteIsSet() => MemoryChunks.IsZero(_late);

    /// <summary>1 MiB.</summary>
    [Benchmark]
    [Budget(bytes: 0, ratio: 2000)]
    public ulong SumOfAChunk() => XxHash3.HashToUInt64(_chunk);
}
