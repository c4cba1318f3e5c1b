using System.Globalization;
using System.Text;
using Vmm.Lab.Baseline;
using Vmm.Lab.Hosts;
using Vmm.Lab.Images;
using Vmm.Lab.Kernels;

namespace Vmm.Bench.SideBySide;

/// <summary>
/// <c>iperf3</c> between a stock guest and the lab through a tap, under vmm and QEMU microvm: the same tap, kernel and
/// program, each job in a boot of its own, beside a boot that does nothing. Megabits a second, and what a megabyte costs.
/// </summary>
internal static class NetThroughput
{
    private const int Seconds = 5;
    private const string Tap = "vmmbench0";
    private const string Idle = "true";

    private static readonly (string Short, string Name, string Options)[] s_jobs =
    [
        ("send", "send, 1 stream", ""),
        ("send-8", "send, 8 streams", "-P 8"),
        ("receive", "receive, 1 stream", "-R"),
        ("receive-8", "receive, 8 streams", "-R -P 8"),
        ("send-small", "send, 64 bytes UDP", "-u -b 0 -l 64"),
        ("receive-small", "receive, 64 bytes UDP", "-R -u -b 0 -l 64"),
    ];

    /// <summary>Runs it and prints the table.</summary>
    /// <param name="vmm">The shipped binary.</param>
    /// <param name="only">The jobs to run, by their short names, as often as they are named; all of them when none is.</param>
    public static async Task<int> RunAsync(string vmm, string[] only)
    {
        (string Short, string Name, string Options)[] jobs = only.Length == 0 ? s_jobs : [.. only.Select(Find)];
        ILabHost lab = await LabHost.EnsureAsync(progress: Console.Error.WriteLine);
        Kernel kernel = await KernelStore.GetAsync(KernelFlavour.Cloud);
        string initramfs = await GuestInitramfs.ShellAsync(kernel);
        string tools = await DiskImage.ToolsAsync();
        await GuestJob.PrepareAsync(lab, vmm, tools);
        string disk = $"{GuestJob.Folder}/{Path.GetFileName(tools)}";
        (await lab.RunAsync($"ip tuntap add {Tap} mode tap vnet_hdr && ip addr add 192.0.2.1/24 dev {Tap} && ip link set {Tap} up && iperf3 -s -D -B 192.0.2.1 -I {GuestJob.Folder}/iperf3.pid")).EnsureSuccess();
        try
        {
            (string Name, Func<string, string> Command)[] subjects =
            [
                ("vmm (PCI)", options => Ours(kernel.BzImage, initramfs, disk, "pci", options)),
                ("vmm (MMIO)", options => Ours(kernel.BzImage, initramfs, disk, "mmio", options)),
                ("QEMU microvm", options => Theirs(kernel.BzImage, initramfs, disk, options)),
            ];
            var idle = new GuestJob[subjects.Length];
            for (int i = 0; i < subjects.Length; i++)
                idle[i] = await GuestJob.RunAsync(lab, subjects[i].Command(Options(Idle)));
            PrintHeading(subjects.Select(s => s.Name), lab.Kind);
            foreach ((_, string name, string options) in jobs)
            {
                var cells = new Cell[subjects.Length];
                for (int i = 0; i < subjects.Length; i++)
                    cells[i] = Cell.Of(await GuestJob.RunAsync(lab, subjects[i].Command(Options($"iperf3 -c 192.0.2.1 -f k -t {Seconds} {options} | grep receiver | tail -n 1"))), idle[i]);
                Print(name, cells);
            }
            return 0;
        }
        finally
        {
            await lab.RunAsync($"kill $(tr -d '\\0' < {GuestJob.Folder}/iperf3.pid); ip link del {Tap}");
        }
    }

    private static (string Short, string Name, string Options) Find(string name)
    {
        int at = Array.FindIndex(s_jobs, job => job.Short == name);
        return at >= 0 ? s_jobs[at] : throw new ArgumentException($"no job '{name}'; there are {string.Join(", ", s_jobs.Select(job => job.Short))}");
    }

    private static string Options(string job)
    {
        string script = $"mount -o ro /dev/vda /mnt; PATH=$PATH:/mnt\nip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up\nset -o pipefail; {job}\n";
        return $"console=ttyS0 panic=-1 quiet nowatchdog vmm.run64={Convert.ToBase64String(Encoding.UTF8.GetBytes(script))}";
    }

    private static string Ours(string kernel, string initramfs, string disk, string transport, string options) =>
        $"{GuestJob.Folder}/vmm run --kernel {kernel} --initrd {initramfs} --memory 512M --transport {transport} --disk path={disk},readonly=on --net tap={Tap} --cmdline '{options}'";

    private static string Theirs(string kernel, string initramfs, string disk, string options)
    {
        QemuMicrovm qemu = new(kernel, initramfs)
        {
            CommandLine = options,
            MemoryMiB = 512,
            Disks = ["ro:" + disk],
            More = ["-netdev", $"tap,id=net0,ifname={Tap},script=no,downscript=no,vhost=off", "-device", "virtio-net-device,netdev=net0"],
        };
        return string.Join(' ', qemu.ToCommand().Arguments.Select(a => $"'{a}'"));
    }

    private static void PrintHeading(IEnumerable<string> subjects, string kind)
    {
        Console.WriteLine($"net: iperf3 between a stock guest and the lab through a tap, Mbit/s, {kind} lab, 1 vCPU, {Seconds} s a job; exits and CPU ms a megabyte");
        Console.WriteLine($"{"",-22}{string.Concat(subjects.Select(name => $"{name,28}"))}{"PCI/QEMU",10}{"MMIO/QEMU",10}");
    }

    private static void Print(string name, Cell[] cells)
    {
        string values = string.Concat(cells.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Megabits,12:f1}{c.ExitsPerMegabyte,8:f0}{c.CpuPerMegabyte,8:f1}")));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-22}{values}{cells[0].Megabits / cells[2].Megabits,10:f2}{cells[1].Megabits / cells[2].Megabits,10:f2}"));
    }

    /// <summary>One job under one program.</summary>
    private sealed record Cell(double Megabits, double ExitsPerMegabyte, double CpuPerMegabyte)
    {
        /// <summary>Reads iperf3's line, such as <c>[SUM] 0.00-5.00 sec 61.2 MBytes 102664 Kbits/sec receiver</c>.</summary>
        public static Cell Of(GuestJob job, GuestJob idle)
        {
            string[] words = job.Output.Split('\n').First(line => line.Contains("receiver", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            double kilobits = double.Parse(words[Array.IndexOf(words, "Kbits/sec") - 1], CultureInfo.InvariantCulture);
            double megabytes = kilobits * Seconds / 8 / 1000;
            return new(kilobits / 1000, (job.Exits - idle.Exits) / megabytes, (job.Cpu - idle.Cpu).TotalMilliseconds / megabytes);
        }
    }
}
