using System.Globalization;
using System.Text;
using Vmm.Lab.Baseline;
using Vmm.Lab.Hosts;
using Vmm.Lab.Images;
using Vmm.Lab.Kernels;

namespace Vmm.Bench.SideBySide;

/// <summary>
/// <c>fio</c> in a stock guest on a virtio disk, under vmm and QEMU microvm in the same lab: the same raw image in memory,
/// the same kernel, the same jobs. Operations a second.
/// </summary>
internal static class BlockThroughput
{
    private const int Seconds = 4;
    private const int ImageMiB = 256;
    private const int ReadIops = 7;
    private const int WriteIops = 48;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private static readonly (string Name, string Options, int Field)[] s_jobs =
    [
        ("4k-read-1", "randread 4k 1", ReadIops),
        ("4k-write-1", "randwrite 4k 1", WriteIops),
        ("4k-read-32", "randread 4k 32", ReadIops),
        ("4k-write-32", "randwrite 4k 32", WriteIops),
        ("1m-read-1", "read 1m 1", ReadIops),
        ("1m-write-1", "write 1m 1", WriteIops),
        ("1m-read-32", "read 1m 32", ReadIops),
        ("1m-write-32", "write 1m 32", WriteIops),
    ];

    /// <summary>Runs it and prints the table.</summary>
    /// <param name="vmm">The shipped binary.</param>
    public static async Task<int> RunAsync(string vmm)
    {
        ILabHost lab = await LabHost.EnsureAsync(progress: Console.Error.WriteLine);
        Kernel kernel = await KernelStore.GetAsync(KernelFlavour.Cloud);
        string initramfs = await GuestInitramfs.ShellAsync(kernel);
        string tools = await DiskImage.FioAsync();
        const string disk = "/tmp/bench/data.img";
        (await lab.RunAsync($"mkdir -p /tmp/bench && cp {vmm} {Path.GetDirectoryName(vmm)}/*.so {tools} /tmp/bench/ && dd if=/dev/zero of={disk} bs=1M count={ImageMiB} 2>/dev/null", s_patience)).EnsureSuccess();
        string fio = "/tmp/bench/" + Path.GetFileName(tools);

        // As short as a kernel's command line wants it.
        string script = "mount -o ro /dev/vda /mnt\nf() { /mnt/fio --minimal --filename=/dev/vdb --direct=1 --ioengine=libaio --time_based "
            + $"--runtime={Seconds} --ramp_time=1 --norandommap --name=$1 --rw=$2 --bs=$3 --iodepth=$4; }}\n"
            + string.Concat(s_jobs.Select(job => $"f {job.Name} {job.Options}\n"));
        string options = $"console=ttyS0 panic=-1 quiet nowatchdog vmm.run64={Convert.ToBase64String(Encoding.UTF8.GetBytes(script))}";

        string Ours(string transport) => $"/tmp/bench/vmm run --kernel {kernel.BzImage} --initrd {initramfs} --memory 512M --transport {transport} "
            + $"--disk path={fio},readonly=on --disk {disk} --cmdline '{options}'";
        QemuMicrovm qemu = new(kernel.BzImage, initramfs) { CommandLine = options, MemoryMiB = 512, Disks = ["ro:" + fio, disk] };
        (string Name, string Command)[] subjects =
        [
            ("vmm (PCI)", Ours("pci")),
            ("vmm (MMIO)", Ours("mmio")),
            ("QEMU microvm", string.Join(' ', qemu.ToCommand().Arguments.Select(a => $"'{a}'"))),
        ];
        double[][] results = new double[subjects.Length][];
        for (int i = 0; i < subjects.Length; i++)
            results[i] = await MeasureAsync(lab, subjects[i].Command);
        Print(subjects, results, lab.Kind);
        return 0;
    }

    private static async Task<double[]> MeasureAsync(ILabHost lab, string command)
    {
        var result = await lab.RunAsync(command + " </dev/null", s_patience);
        double[] rates = new double[s_jobs.Length];
        for (int i = 0; i < rates.Length; i++)
        {
            string line = result.Output.Split('\n').FirstOrDefault(l => l.Contains($";{s_jobs[i].Name};", StringComparison.Ordinal))
                ?? throw new InvalidOperationException($"fio said nothing of {s_jobs[i].Name}:\n{result.Output}{result.Error}");
            rates[i] = double.Parse(line.Split(';')[s_jobs[i].Field], CultureInfo.InvariantCulture);
        }
        return rates;
    }

    private static void Print((string Name, string Command)[] subjects, double[][] results, string kind)
    {
        Console.WriteLine($"block: fio in a stock guest, operations a second, {kind} lab, image in memory, 1 vCPU, {Seconds} s a job");
        Console.WriteLine($"{"",-14}{string.Concat(subjects.Select(s => $"{s.Name,14}"))}{"PCI/QEMU",12}{"MMIO/QEMU",12}");
        for (int job = 0; job < s_jobs.Length; job++)
        {
            string cells = string.Concat(results.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r[job],14:f0}")));
            string ratios = string.Create(CultureInfo.InvariantCulture, $"{results[0][job] / results[2][job],12:f2}{results[1][job] / results[2][job],12:f2}");
            Console.WriteLine($"{s_jobs[job].Name,-14}{cells}{ratios}");
        }
    }
}
