using System.Diagnostics;
using Vmm.Lab.Cache;
using Vmm.Lab.Images;
using Vmm.Lab.Kernels;

namespace Vmm.Lab.Keeper;

/// <summary>L1: how it is put together and started.</summary>
internal static class OuterMachine
{
    /// <summary>The agent's port inside L1.</summary>
    public const int AgentPort = 1024;

    /// <summary>What the agent prints on the console once it listens.</summary>
    public const string ReadyLine = "VMM-LAB-READY";

    private const long DefaultMemoryMiB = 10 * 1024;

    /// <summary>In this order; what each needs is added before it.</summary>
    private static readonly string[] Modules =
        ["virtio_pci", "virtio_net", "9p", "9pnet_virtio", "overlay", "kvm_amd", "tun", "tap", "vhost_net", "veth", "bridge"];

    private static string InitramfsFile => Path.Combine(LabPaths.Runtime, "outer.cpio");
    private static string TokenFile => Path.Combine(LabPaths.Work, ".token");
    public static string MonitorSocket => Path.Combine(LabPaths.Runtime, "monitor.sock");

    /// <summary>Fetches and builds what does not depend on the checkout; slow only the first time.</summary>
    public static async Task<Kernel> PrepareAsync(Action<string> progress)
    {
        if (!KernelStore.IsCached(KernelFlavour.Generic))
            progress("lab: fetching Debian's generic kernel (once)");
        var kernel = await KernelStore.GetAsync(KernelFlavour.Generic);
        await Resource.ProgramAsync("agent");
        return kernel;
    }

    /// <summary>Writes the initramfs and the token for this boot.</summary>
    public static async Task WriteFilesAsync(Kernel kernel, string token)
    {
        var cpio = new CpioArchive();
        cpio.AddFile("bin/busybox", await File.ReadAllBytesAsync(Busybox.Path), executable: true);
        foreach (var program in (string[])["agent", "heartbeat", "shipped"])
            cpio.AddFile(program, await File.ReadAllBytesAsync(await Resource.ProgramAsync(program)), executable: true);
        cpio.AddText("init", Resource.Text("outer-init.sh"), executable: true);
        cpio.AddCharacterDevice("dev/console", 5, 1);
        await Busybox.AddModulesAsync(cpio, kernel, Modules);
        cpio.AddText("lab.conf", $"""
            CHECKOUT={Quote(LabPaths.Checkout)}
            WORK={Quote(LabPaths.Work)}
            CACHE={Quote(LabPaths.Cache)}
            MODULES_DIR={Quote(kernel.Modules)}
            TOKEN={Quote(TokenFile)}
            PORT={AgentPort}

            """);
        await File.WriteAllBytesAsync(InitramfsFile, cpio.Finish());
        File.Delete(TokenFile);
        using var file = new FileStream(TokenFile, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(Convert.FromHexString(token));
    }

    /// <summary>
    /// Starts QEMU. It dies with the thread that calls this (setpriv --pdeathsig), so nothing outlives a killed
    /// keeper. One CPU: with several, TCG's threads stall L1 now and then. The kernel is the ELF, which saves the
    /// 4 s that unpacking a bzImage takes here.
    /// </summary>
    public static Process Start(Kernel kernel)
    {
        var start = new ProcessStartInfo("setpriv") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] fixedPart =
        [
            "--pdeathsig", "KILL", "qemu-system-x86_64", "-name", "vmm-lab", "-nodefaults", "-no-user-config", "-display", "none",
            "-M", "q35", "-accel", "tcg,tb-size=512", "-cpu", "max", "-smp", "1", "-m", $"{MemoryMiB()}M", "-no-reboot",
            "-kernel", kernel.Vmlinux, "-initrd", InitramfsFile,
            "-append", "console=ttyS0 loglevel=5 panic=-1 mitigations=off random.trust_cpu=on tsc=reliable audit=0",
            "-serial", "stdio", "-monitor", $"unix:{Comma(MonitorSocket)},server=off",
            "-netdev", $"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:0-:{AgentPort}",
            "-device", "virtio-net-pci,netdev=net,romfile=",
        ];
        IEnumerable<string> shares =
        [
            .. Share("root", "/", readOnly: true), .. Share("checkout", LabPaths.Checkout, readOnly: true),
            .. Share("work", LabPaths.Work, readOnly: false), .. Share("cache", LabPaths.Cache, readOnly: true),
        ];
        foreach (var argument in fixedPart.Concat(shares))
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static string[] Share(string tag, string folder, bool readOnly) =>
    [
        "-fsdev", $"local,id={tag},path={Comma(folder)},security_model=none,multidevs=remap" + (readOnly ? ",readonly=on" : ""),
        "-device", $"virtio-9p-pci,fsdev={tag},mount_tag={tag}",
    ];

    /// <summary>Taken lazily by L1; VMM_LAB_MEMORY (MiB) overrides, three quarters of the host's is the limit.</summary>
    private static long MemoryMiB()
    {
        if (long.TryParse(Environment.GetEnvironmentVariable("VMM_LAB_MEMORY"), out var given) && given > 0)
            return given;
        var host = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20;
        return Math.Min(DefaultMemoryMiB, host / 4 * 3);
    }

    /// <summary>QEMU's option syntax doubles commas.</summary>
    private static string Comma(string value) => value.Replace(",", ",,");

    private static string Quote(string value) => "'" + value.Replace("'", "'\\''") + "'";
}
