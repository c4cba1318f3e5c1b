using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Vmm.Bench.SideBySide;

/// <summary>
/// Restoring: the guest of <see cref="StartUp"/>, frozen before its first instruction with 128 MiB, 1 GiB and 4 GiB; from process start to
/// the byte that its first instructions print, beside a start from power-on. And taking: how long a guest stands still against
/// what it has written since the parent was taken, full, incremental and live.
/// </summary>
internal static class SnapshotAndRestore
{
    private const int Rounds = 20;
    private const int DebugExitZero = 1;
    private const int Pauses = 5;
    private static readonly int[] s_sizes = [128, 1024, 4096];
    private static readonly int[] s_dirty = [1, 4, 16, 64];

    /// <summary>Runs it and prints the tables.</summary>
    /// <param name="vmm">The shipped binary.</param>
    public static int Run(string vmm)
    {
        string work = Path.Combine(Path.GetTempPath(), $"vmm-bench-{Environment.ProcessId}");
        Directory.CreateDirectory(work);
        Environment.SetEnvironmentVariable("VMM_HOME", Path.Combine(work, "home"));
        try
        {
            Restore(vmm, work);
            Take(vmm, work);
            return 0;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static void Restore(string vmm, string work)
    {
        string measure = NativeTools.Build("measure");
        List<Subject> subjects = [new("power-on, 128 MiB", DebugExitZero, vmm, "run", "--firmware", "byte", "--memory", "128M")];
        foreach (int size in s_sizes)
        {
            string folder = Path.Combine(work, $"byte-{size}");
            Call(vmm, "run", "-d", "--name", "byte", "--firmware", "byte", "--memory", $"{size}M", "--paused");
            Call(vmm, "snapshot", "byte", folder);
            Call(vmm, "kill", "byte");
            Call(vmm, "rm", "--force", "byte");
            subjects.Add(new($"restore, {size} MiB", DebugExitZero, vmm, "restore", folder, "--name", "vmm"));
        }
        List<Sample>[] samples = [.. subjects.Select(_ => new List<Sample>())];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < subjects.Count; i++)
                samples[i].Add(subjects[i].Run(measure));
        }
        Console.WriteLine($"restore: process start to the byte that the guest's first instructions print, and to the process's end, {Rounds} runs each, lazily");
        Console.WriteLine($"{"",-22}{"first p50",12}{"first p90",12}{"to 128 MiB",12}{"wall p50",12}{"CPU p50",12}{"peak p50",12}");
        double[] first = [.. samples.Select(s => Percentiles.Median(s.Select(x => x.First.TotalMilliseconds)))];
        for (int i = 0; i < subjects.Count; i++)
        {
            double slow = Percentiles.At(samples[i].Select(s => s.First.TotalMilliseconds), 0.9);
            double wall = Percentiles.Median(samples[i].Select(s => s.Wall.TotalMilliseconds));
            double cpu = Percentiles.Median(samples[i].Select(s => s.Cpu.TotalMilliseconds));
            double peak = Percentiles.Median(samples[i].Select(s => s.PeakKib / 1024.0));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{subjects[i].Name,-22}{first[i],9:f2} ms{slow,9:f2} ms{first[i] / first[1],12:f2}{wall,9:f2} ms{cpu,9:f2} ms{peak,8:f1} MiB"));
        }
    }

    private static void Take(string vmm, string work)
    {
        Console.WriteLine($"\ntaking: how long the guest stands still, 256 MiB, p50 of {Pauses}; it writes its range over and over");
        Console.WriteLine($"{"range written, MiB",-22}{"full",12}{"incremental",14}{"live",12}{"MiB saved: full",18}{"incremental",14}");
        foreach (int megabytes in s_dirty)
        {
            // Each tick stamps a part of the range, so that all of it is written within a few.
            int pages = megabytes * 256;
            Call(vmm, "run", "-d", "--name", "vigil", "--firmware", "vigil", "--memory", "256M", "--cmdline", $"pages={pages} rate={Math.Max(16, pages / 4)} hz=20 ticks=0");
            List<double>[] held = [[], [], []];
            double full = 0, part = 0;
            string parent = Path.Combine(work, $"s-{megabytes}-parent");
            Call(vmm, "snapshot", "vigil", parent, "--track");
            for (int i = 0; i < Pauses; i++)
            {
                string folder = Path.Combine(work, $"s-{megabytes}-{i}");
                full = Take(vmm, held[0], folder + "-full", "--track");
                part = Take(vmm, held[1], folder + "-part", "--parent", folder + "-full");
                _ = Take(vmm, held[2], folder + "-live", "--live");
            }
            Call(vmm, "kill", "vigil");
            Call(vmm, "rm", "--force", "vigil");
            double[] p50 = [.. held.Select(times => Percentiles.Median(times))];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{megabytes,-22}{p50[0],9:f1} ms{p50[1],11:f1} ms{p50[2],9:f1} ms{full,18:f1}{part,14:f1}"));
        }
    }

    private static double Take(string vmm, List<double> held, string folder, params string[] options)
    {
        using JsonDocument report = JsonDocument.Parse(Call(vmm, ["snapshot", "vigil", folder, "--output", "json", .. options]));
        held.Add(report.RootElement.GetProperty("paused-microseconds").GetDouble() / 1000);
        return report.RootElement.GetProperty("memory-bytes").GetInt64() / (double)(1 << 20);
    }

    private static string Call(string vmm, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(vmm, arguments) { RedirectStandardOutput = true })!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? said : throw new InvalidOperationException($"vmm {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }
}
