using System.Globalization;
using System.Text;
using Vmm.Lab.Baseline;
using Vmm.Lab.Hosts;
using Vmm.Lab.Images;
using Vmm.Lab.Kernels;

namespace Vmm.Bench.SideBySide;

/// <summary>
/// <c>fio</c> in a stock guest on a virtio disk, under vmm and QEMU microvm in the same lab: the same raw image in memory,
/// the same kernel, the same jobs, with one queue and with four. Operations a second, processor time and exits a MiB.
/// </summary>
internal static class BlockThroughput
{
    private const int Seconds = 4;
    private const int ImageMiB = 256;
    private const int Largest = 4;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(6);

    /// <summary>Runs it and prints the tables.</summary>
    /// <param name="vmm">The shipped binary.</param>
    /// <param name="only">The number of queues to measure, and the jobs by their names in the table; none for all.</param>
    public static async Task<int> RunAsync(string vmm, string[] only)
    {
        ILabHost lab = await LabHost.EnsureAsync(progress: Console.Error.WriteLine);
        Kernel kernel = await KernelStore.GetAsync(KernelFlavour.Cloud);
        string initramfs = await GuestInitramfs.ShellAsync(kernel);
        string tools = await DiskImage.ToolsAsync();
        string prepare = $"mkdir -p /tmp/bench && cp {vmm} {Path.GetDirectoryName(vmm)}/*.so {tools} /tmp/bench/ && dd if=/dev/zero of=/tmp/bench/data.img bs=1M count={ImageMiB} 2>/dev/null";
        (await lab.RunAsync(prepare, s_patience)).EnsureSuccess();
        string fio = "/tmp/bench/" + Path.GetFileName(tools);
        foreach (int queues in (int[])[1, Largest])
        {
            if (only.Length == 0 || only[0] == queues.ToString(CultureInfo.InvariantCulture))
                await CompareAsync(lab, kernel.BzImage, initramfs, fio, queues, only[Math.Min(1, only.Length)..]);
        }
        return 0;
    }

    private static async Task CompareAsync(ILabHost lab, string kernel, string initramfs, string fio, int queues, string[] only)
    {
        // Several jobs in sequence on one file would be random again: large blocks have one queue only.
        (string Mode, string Size)[] patterns = queues > 1 ? [("randread", "4k"), ("randwrite", "4k")] : [("randread", "4k"), ("randwrite", "4k"), ("read", "1m"), ("write", "1m")];
        BlockJob[] jobs = [.. patterns.SelectMany(_ => (int[])[1, 32], (pattern, depth) => new BlockJob(pattern.Mode, pattern.Size, depth, queues))];
        if (only.Length > 0)
            jobs = [.. only.Select(name => Array.Find(jobs, job => job.Name == name) ?? throw new ArgumentException($"no job '{name}'; there are {string.Join(", ", jobs.Select(job => job.Name))}"))];
        // As short as a kernel's command line wants it.
        string script = "mount -o ro /dev/vda /mnt\nf() { /mnt/fio --minimal --filename=/dev/vdb --direct=1 --ioengine=libaio --time_based --group_reporting "
            + $"--thread --runtime={Seconds} --norandommap --name=$1 --rw=$2 --bs=$3 --iodepth=$4 --numjobs=$5; }}\necho mark 0\n"
            + string.Concat(jobs.Select(job => job.Command));
        string options = $"console=ttyS0 panic=-1 quiet nowatchdog vmm.run64={Convert.ToBase64String(Encoding.UTF8.GetBytes(script))}";

        string Ours(string transport) => $"/tmp/bench/vmm run --kernel {kernel} --initrd {initramfs} --memory 512M --cpus {queues} --transport {transport} "
            + $"--disk path={fio},readonly=on --disk /tmp/bench/data.img,queues={queues} --cmdline '{options}'";
        QemuMicrovm qemu = new(kernel, initramfs) { CommandLine = options, MemoryMiB = 512, Cpus = queues, Queues = queues, Disks = ["ro:" + fio, "/tmp/bench/data.img"] };
        (string Name, string Command)[] subjects =
        [
            ("vmm (PCI)", Ours("pci")),
            ("vmm (MMIO)", Ours("mmio")),
            ("QEMU microvm", string.Join(' ', qemu.ToCommand().Arguments.Select(a => $"'{a}'"))),
        ];
        BlockResult[][] results = new BlockResult[subjects.Length][];
        string sampled = Path.Combine(AppContext.BaseDirectory, "Scripts", "sampled.sh");
        for (int i = 0; i < subjects.Length; i++)
        {
            var result = await lab.RunAsync($"sh {sampled} {subjects[i].Command}", s_patience);
            results[i] = [.. jobs.Select(job => job.Read(result.Output + result.Error))];
        }
        Console.WriteLine($"block: fio in a stock guest, {lab.Kind} lab, image in memory, {queues} queue(s) and vCPU(s), a job on each, {Seconds} s a row");
        string[] names = [.. subjects.Select(subject => subject.Name)];
        Print("operations a second", "f0", names, jobs, results, result => result.Iops);
        Print("processor time a MiB, ms", "f2", names, jobs, results, result => result.CpuMilliseconds);
        Print("exits a MiB", "f1", names, jobs, results, result => result.Exits);
    }

    private static void Print(string what, string format, string[] names, BlockJob[] jobs, BlockResult[][] results, Func<BlockResult, double> figure)
    {
        Console.WriteLine($"\n{what,-26}{string.Concat(names.Select(name => $"{name,14}"))}{"PCI/QEMU",12}{"MMIO/QEMU",12}");
        for (int job = 0; job < jobs.Length; job++)
        {
            double[] row = [.. results.Select(result => figure(result[job]))];
            string cells = string.Concat(row.Select(value => value.ToString(format, CultureInfo.InvariantCulture).PadLeft(14)));
            string ratios = string.Create(CultureInfo.InvariantCulture, $"{row[0] / row[2],12:f2}{row[1] / row[2],12:f2}");
            Console.WriteLine($"{jobs[job].Name,-26}{cells}{ratios}");
        }
    }
}
