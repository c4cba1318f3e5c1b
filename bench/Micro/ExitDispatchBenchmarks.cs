using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using Vmm.Devices.Bus;
using Vmm.Kvm;
using Vmm.Machine;
using Vmm.Machine.Exits;
using Vmm.Tests.Vmm.Machine;

namespace Vmm.Bench.Micro;

/// <summary>From KVM_RUN's return to the device's register and back: what our side adds to an exit. The budget is 0 bytes.</summary>
[MemoryDiagnoser]
public class ExitDispatchBenchmarks
{
    private const int Devices = 24;
    private const ulong Spacing = 0x1000;

    private readonly FakeVcpu _port = new();
    private readonly FakeVcpu _register = new();
    private readonly FakeVcpu _nobody = new();
    private ExitDispatcher _dispatcher = null!;
    private ExitDispatcher _byCounter = null!;

    [GlobalSetup]
    public void SetUp()
    {
        AddressBus ports = new("ports");
        AddressBus memory = new("memory");
        for (uint i = 0; i < Devices; i++)
        {
            ports.TryAdd(0x100 + i * 16, 8, new EchoDevice());
            memory.TryAdd(0xFEB0_0000 + i * Spacing, Spacing, new EchoDevice());
        }
        _dispatcher = new ExitDispatcher(ports, memory, new NoReporter());
        // How fast it is does not matter here.
        _byCounter = new ExitDispatcher(ports, memory, new NoReporter(), clock: ExitClock.Of(1));
        _port.Io(write: true, 0x100 + 7 * 16, 1);
        _register.Mmio(write: true, 0xFEB0_0000 + 7 * Spacing, 4);
        _nobody.Io(write: false, 0xffff, 1);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _port.Dispose();
        _register.Dispose();
        _nobody.Dispose();
    }

    /// <summary>What the accounting takes at the least: when the guest was left, and when it is entered again.</summary>
    [Benchmark(Baseline = true)]
    public long Two_looks_at_the_clock() => Stopwatch.GetTimestamp() + Stopwatch.GetTimestamp();

    [Benchmark]
    [Budget(bytes: 0, ratio: 4)]
    public object? Port_write() => _dispatcher.Dispatch(_port);

    /// <summary>As machines do it, where the host's kernel goes by the time stamp counter.</summary>
    [Benchmark]
    [Budget(bytes: 0, ratio: 4)]
    public object? Port_write_by_the_counter() => _byCounter.Dispatch(_port);

    [Benchmark]
    [Budget(bytes: 0, ratio: 4)]
    public object? Register_write() => _dispatcher.Dispatch(_register);

    [Benchmark]
    [Budget(bytes: 0, ratio: 4)]
    public object? Port_that_nobody_answers() => _dispatcher.Dispatch(_nobody);

    private sealed class NoReporter : ICrashReporter
    {
        public string Describe(IVcpu vcpu, OutcomeKind kind, string what) => what;
    }
}
