using System.Globalization;
using Vmm.Lab.Baseline;
using Vmm.Lab.Hosts;
using Vmm.Lab.Images;
using Vmm.Lab.Kernels;

namespace Vmm.Bench.SideBySide;

/// <summary>
/// A stock kernel from process start to <c>/init</c>, under vmm and QEMU microvm in the same lab, console on and off,
/// interleaved. A second run of each counts the exits to user space, as the host's own tracepoint sees them.
/// </summary>
internal static class BootTime
{
    private const int Rounds = 3;
    private const string Events = "/sys/kernel/tracing/events/kvm/kvm_userspace_exit";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    /// <summary>Runs it and prints the table.</summary>
    /// <param name="vmm">The shipped binary.</param>
    public static async Task<int> RunAsync(string vmm)
    {
        ILabHost lab = await LabHost.EnsureAsync(progress: Console.Error.WriteLine);
        string measure = NativeTools.Build("measure");
        Kernel kernel = await KernelStore.GetAsync(KernelFlavour.Cloud);
        string marker = await GuestInitramfs.MarkerAsync();
        // Off the 9p share, so that neither program is measured as its file is fetched.
        await ShellAsync(lab, $"mkdir -p /tmp/bench && cp {vmm} {Path.GetDirectoryName(vmm)}/*.so {measure} {kernel.BzImage} {marker} /tmp/bench/ && (mount -t tracefs none /sys/kernel/tracing 2>/dev/null; true)");
        string image = "/tmp/bench/" + Path.GetFileName(kernel.BzImage);
        string initramfs = "/tmp/bench/" + Path.GetFileName(marker);

        Console.WriteLine($"boot: process start to /init, {Path.GetFileName(kernel.BzImage)} as bzImage, 1 vCPU, 256 MiB, {lab.Kind} lab, p50 of {Rounds}");
        Console.WriteLine($"{"",-14}{"console",-9}{"wall",10}{"peak",11}{"exits to user space",22}");
        foreach (bool console in new[] { true, false })
            await CompareAsync(lab, image, initramfs, console);
        return 0;
    }

    private static async Task CompareAsync(ILabHost lab, string kernel, string initramfs, bool console)
    {
        string options = console ? "console=ttyS0 panic=-1" : "quiet 8250.nr_uarts=0 panic=-1";
        string ours = $"/tmp/bench/vmm run --kernel {kernel} --initrd {initramfs} --memory 256M --cmdline '{options}' --console {(console ? "tty" : "off")}";
        QemuMicrovm qemu = new(kernel, initramfs) { CommandLine = options, Console = console };
        string theirs = string.Join(' ', qemu.ToCommand().Arguments.Select(a => $"'{a}'"));
        string[] commands = [ours, theirs];
        List<Sample>[] samples = [[], []];
        for (int round = -1; round < Rounds; round++)
        {
            for (int i = 0; i < commands.Length; i++)
            {
                Sample sample = await MeasureAsync(lab, commands[i]);
                if (round >= 0)
                    samples[i].Add(sample);
            }
        }
        double[] wall = new double[commands.Length];
        for (int i = 0; i < commands.Length; i++)
        {
            wall[i] = Percentiles.Median(samples[i].Select(s => s.Wall.TotalSeconds));
            double peak = Percentiles.Median(samples[i].Select(s => s.PeakKib / 1024.0));
            long exits = await CountExitsAsync(lab, commands[i]);
            string name = i == 0 ? "vmm" : "QEMU microvm";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-14}{(console ? "on" : "off"),-9}{wall[i],8:f2} s{peak,7:f0} MiB{exits,22:N0}"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"vmm / QEMU, console {(console ? "on" : "off")}: {wall[0] / wall[1]:f3}"));
    }

    private static async Task<Sample> MeasureAsync(ILabHost lab, string command)
    {
        var result = await lab.RunAsync($"/tmp/bench/measure {command} </dev/null", s_patience);
        Sample sample = Sample.Parse(result.Error, result.OutputBytes);
        return sample.Status == QemuMicrovm.MarkerExit
            ? sample
            : throw new InvalidOperationException($"the guest did not reach /init (exit status {sample.Status}): {command}\n{result.Output}{result.Error}");
    }

    /// <summary>Counts with a histogram trigger; a run of its own, as counting takes time.</summary>
    private static async Task<long> CountExitsAsync(ILabHost lab, string command)
    {
        const string trigger = "hist:keys=reason";
        var result = await lab.RunAsync(
            $"echo '{trigger}' > {Events}/trigger; {command} </dev/null >/dev/null 2>&1; grep Hits: {Events}/hist; echo '!{trigger}' > {Events}/trigger", s_patience);
        string[] words = result.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 2 ? long.Parse(words[1], CultureInfo.InvariantCulture) : -1;
    }

    private static async Task ShellAsync(ILabHost lab, string line) => (await lab.RunAsync(line, s_patience)).EnsureSuccess();
}
