using BenchmarkDotNet.Attributes;
using Vmm.Devices.Bus;
using Vmm.Tests.Vmm.Machine;

namespace Vmm.Bench.Micro;

/// <summary>Who answers at an address: among as many devices as a large machine has, against a look at each of them.</summary>
[MemoryDiagnoser]
public class BusBenchmarks
{
    private const int Devices = 64;
    private const ulong First = 0xfeb0_0000, Spacing = 0x1000;

    private readonly AddressBus _bus = new("memory");
    private (ulong Start, ulong Length)[] _ranges = [];
    private uint _turn;

    [GlobalSetup]
    public void SetUp()
    {
        for (uint i = 0; i < Devices; i++)
            _bus.TryAdd(First + i * Spacing, Spacing, new EchoDevice());
        _ranges = [.. Enumerable.Range(0, Devices).Select(i => (First + (ulong)i * Spacing, Spacing))];
    }

    private ulong Next => First + (_turn += 7) % Devices * Spacing + 8;

    /// <summary>What a table without order takes.</summary>
    [Benchmark(Baseline = true)]
    public int Each_in_turn()
    {
        ulong address = Next;
        for (int i = 0; i < _ranges.Length; i++)
        {
            if (address - _ranges[i].Start < _ranges[i].Length)
                return i;
        }
        return -1;
    }

    [Benchmark]
    [Budget(bytes: 0, ratio: 1.5)]
    public BusRange? Find() => _bus.Find(Next, sizeof(uint));

    [Benchmark]
    [Budget(bytes: 0, ratio: 1.5)]
    public BusRange? Find_nobody() => _bus.Find(Next + 0x1000_0000, sizeof(uint));
}
