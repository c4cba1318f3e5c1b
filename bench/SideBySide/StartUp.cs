using System.Globalization;

namespace Vmm.Bench.SideBySide;

/// <summary>
/// The same PVH guest (write a byte, exit) under vmm and QEMU microvm: the whole process, wall time and peak memory,
/// interleaved so that a drift of the machine hits both alike.
/// </summary>
internal static class StartUp
{
    private const int Rounds = 30;
    private const int DebugExitZero = 1;

    /// <summary>Runs it and prints the table.</summary>
    /// <param name="vmm">The shipped binary.</param>
    public static int Run(string vmm)
    {
        string measure = NativeTools.Build("measure");
        string guest = Path.Combine(Path.GetTempPath(), $"vmm-bench-{Environment.ProcessId}.elf");
        try
        {
            new Subject("write", 0, vmm, "firmware", "write", "byte", guest).Run(measure);
            Subject[] subjects =
            [
                new("vmm", DebugExitZero, vmm, "run", "--kernel", guest, "--memory", "128M"),
                new("QEMU microvm", DebugExitZero, "qemu-system-x86_64", "-M", "microvm", "-accel", "kvm", "-m", "128M", "-nodefaults",
                    "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", guest),
            ];
            List<Sample>[] samples = [[], []];
            for (int round = 0; round < Rounds; round++)
            {
                for (int i = 0; i < subjects.Length; i++)
                    samples[i].Add(subjects[i].Run(measure));
            }
            Print(subjects, samples);
            return 0;
        }
        finally
        {
            File.Delete(guest);
        }
    }

    private static void Print(Subject[] subjects, List<Sample>[] samples)
    {
        Console.WriteLine($"start-up: process start to end, {Rounds} runs each, 1 vCPU, 128 MiB");
        Console.WriteLine($"{"",-14}{"wall p50",12}{"wall p90",12}{"CPU p50",12}{"peak p50",12}");
        double[] wall = [.. samples.Select(s => Percentiles.Median(s.Select(x => x.Wall.TotalMilliseconds)))];
        double[] peak = [.. samples.Select(s => Percentiles.Median(s.Select(x => x.PeakKib / 1024.0)))];
        for (int i = 0; i < subjects.Length; i++)
        {
            double slow = Percentiles.At(samples[i].Select(s => s.Wall.TotalMilliseconds), 0.9);
            double cpu = Percentiles.Median(samples[i].Select(s => s.Cpu.TotalMilliseconds));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{subjects[i].Name,-14}{wall[i],9:f2} ms{slow,9:f2} ms{cpu,9:f2} ms{peak[i],8:f1} MiB"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"vmm / QEMU: time {wall[0] / wall[1]:f3}, memory {peak[0] / peak[1]:f3}"));
    }
}
