using BenchmarkDotNet.Attributes;
using Vmm.Guest.Memory;

namespace Vmm.Bench.Micro;

/// <summary>The bitmap of 1 GiB of RAM, as a snapshot or a round of a migration goes through it. The budget is 0 bytes.</summary>
[MemoryDiagnoser]
public class DirtyBenchmarks
{
    private const ulong Ram = 1UL << 30;

    private readonly byte[] _from = new byte[Ram / DirtyBitmap.PageSize / 8];
    private readonly byte[] _to = new byte[Ram / DirtyBitmap.PageSize / 8];
    private readonly DirtyBitmap _dirty = new(Ram);
    private readonly DirtyBitmap _into = new(Ram);
    private readonly DirtyBitmap _pristine = new(Ram);

    /// <summary>Every how many pages one is dirty; 0 for none.</summary>
    [Params(0, 1000, 10, 1)]
    public int Every { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        for (ulong page = 0; Every > 0 && page < _dirty.PageCount; page += (ulong)Every)
            _pristine.Mark(page * DirtyBitmap.PageSize, 1);
        _dirty.Add(_pristine);
    }

    /// <summary>As many bytes as the bitmap has, copied.</summary>
    [Benchmark(Baseline = true)]
    public void Bare_copy() => _from.CopyTo(_to, 0);

    /// <summary>Moves all marks into another bitmap; setting them again is part of it.</summary>
    [Benchmark]
    [Budget(bytes: 0, ratio: 150)]
    public void Harvest()
    {
        _dirty.Add(_pristine);
        _dirty.MoveTo(_into);
    }

    [Benchmark]
    [Budget(bytes: 0, ratio: 20)]
    public ulong Count() => _pristine.Count();

    [Benchmark]
    [Budget(bytes: 0, ratio: 800)]
    public ulong Runs()
    {
        ulong from = 0, sum = 0;
        while (_pristine.TryTakeRun(ref from, out _, out ulong length))
            sum += length;
        return sum;
    }

    /// <summary>What each write of a device costs while writes are recorded.</summary>
    [Benchmark]
    [Budget(bytes: 0, ratio: 0.1)]
    public void Mark() => _into.Mark(0x1234_5678, 1500);
}
