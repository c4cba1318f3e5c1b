using Vmm.Consoles;
using Vmm.Devices.Backends;
using Vmm.Host;
using Vmm.Machine.Build;
using Vmm.Machine.Config;

namespace Vmm.Bench;

/// <summary>
/// How long a pause takes until the last vCPU is held, over many pauses of the <c>unrest</c> guest: vCPUs that spin, halt,
/// and storm memory and ports. While it is held, no vCPU may have an exit.
/// </summary>
internal static class PauseBench
{
    private const int Vcpus = 4;

    /// <summary>Long after the last pause; the guest is ended, it does not end itself.</summary>
    private const string Endless = "n=9000000000000000000";

    /// <summary>Runs it.</summary>
    /// <param name="rounds">How many pauses.</param>
    /// <exception cref="VmmException">The host cannot run the guest, or a pause did not hold it.</exception>
    public static PauseResult Run(int rounds)
    {
        MachineConfig config = MachineConfigResolver.Resolve(new()
        {
            Firmware = "unrest",
            Cmdline = Endless,
            Cpus = new CpuConfig { Count = Vcpus },
            Memory = new MemoryConfig { Size = new ByteSize(16UL << 20) },
            Console = ConsoleTarget.Off,
            Rng = false,
        });
        using FirstBytes serial = new();
        using MicroVm vm = MachineBuilder.Build(config, new MachineConsoles(serial, null, new NullSink()));
        vm.Machine.Start();
        serial.Wait();
        double[] microseconds = new double[rounds];
        int leaks = 0;
        for (int round = 0; round < rounds; round++)
        {
            microseconds[round] = vm.Machine.Pause().TotalMicroseconds;
            long held = Exits(vm);
            // Time for a vCPU that was not held to give itself away: a storm has an exit every few microseconds.
            Thread.Sleep(round % 100 == 0 ? 5 : 0);
            leaks += Exits(vm) == held ? 0 : 1;
            vm.Machine.Resume();
            // The next pause shall find them at work, not still at the gate.
            do
                Thread.Sleep(1);
            while (Exits(vm) == held);
        }
        Array.Sort(microseconds);
        return new PauseResult(rounds, Vcpus, leaks, At(microseconds, 0), At(microseconds, 0.5), At(microseconds, 0.9), At(microseconds, 0.99), At(microseconds, 1));
    }

    private static double At(double[] sorted, double quantile) => Math.Round(sorted[(int)Math.Min(sorted.Length - 1, quantile * sorted.Length)], 1);

    private static long Exits(MicroVm vm) => vm.Machine.Dispatchers.Sum(dispatcher => dispatcher.Counters.Exits);

    /// <summary>Tells when the guest has printed a line: all its vCPUs are up then.</summary>
    private sealed class FirstBytes : IByteSink, IDisposable
    {
        private readonly ManualResetEventSlim _line = new();

        public void Write(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Contains((byte)'\n'))
                _line.Set();
        }

        public void Dispose() => _line.Dispose();

        public void Wait()
        {
            if (!_line.Wait(TimeSpan.FromMinutes(1)))
                throw new VmmException("the guest did not start within a minute");
        }
    }
}
