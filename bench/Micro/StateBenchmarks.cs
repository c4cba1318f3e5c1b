using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Vmm.Consoles;
using Vmm.Devices.Interrupts;
using Vmm.Devices.Platform;
using Vmm.Devices.State;
using Vmm.Snapshot.State;

namespace Vmm.Bench.Micro;

/// <summary>The state of sixteen devices to a checked file in memory and back, against the bare reading of the same JSON.</summary>
[MemoryDiagnoser]
public class StateBenchmarks
{
    private const int Devices = 16;

    private IStateful[] _parts = [];
    private byte[] _file = [];
    private byte[] _json = [];

    [GlobalSetup]
    public void SetUp()
    {
        _parts = [.. Enumerable.Range(0, Devices).Select(i => new Serial16550($"serial{i}", new NoLine(), new NullSink()))];
        _file = StateFile.Write(StateSections.Save(_parts));
        // After the line with the checksum.
        _json = _file[(Array.IndexOf(_file, (byte)'\n') + 1)..];
    }

    [Benchmark(Baseline = true)]
    public int Bare_JSON()
    {
        using JsonDocument document = JsonDocument.Parse(_json);
        return document.RootElement.GetPropertyCount();
    }

    [Benchmark]
    [Budget(bytes: 100_000, ratio: 10)]
    public byte[] Save() => StateFile.Write(StateSections.Save(_parts));

    [Benchmark]
    [Budget(bytes: 100_000, ratio: 10)]
    public void Load() => StateSections.Restore(StateFile.Read(_file, "the benchmark"), _parts);

    private sealed class NoLine : IInterruptLine
    {
        public void Raise()
        {
        }

        public void Lower()
        {
        }
    }
}
