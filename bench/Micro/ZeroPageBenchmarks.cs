using System.IO.Hashing;
using BenchmarkDotNet.Attributes;
using Vmm.Snapshot.Memory;

namespace Vmm.Bench.Micro;

/// <summary>What a page costs before it is written to a file: is it zeros, and what is its sum. The budget is 0 bytes.</summary>
[MemoryDiagnoser]
[InProcess]
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

    [Benchmark]
    public bool PageOfZeros() => MemoryChunks.IsZero(_zeros);

    [Benchmark]
    public bool PageWhoseLastByteIsSet() => MemoryChunks.IsZero(_late);

    /// <summary>1 MiB.</summary>
    [Benchmark]
    public ulong SumOfAChunk() => XxHash3.HashToUInt64(_chunk);
}
