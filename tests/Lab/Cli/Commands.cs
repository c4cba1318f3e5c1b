using Vmm.Lab.Baseline;
using Vmm.Lab.Cache;
using Vmm.Lab.Hosts;
using Vmm.Lab.Images;
using Vmm.Lab.Keeper;
using Vmm.Lab.Kernels;

namespace Vmm.Lab.Cli;

/// <summary>The verbs of <c>tests/Lab/lab</c>.</summary>
internal static class Commands
{
    /// <summary>The lab itself failed, as opposed to the command in it (ssh's convention).</summary>
    public const int LabFailed = 255;
    private const int UsageError = 2;

    private const string Usage = """
        lab: a place where a stock kernel can run: this host's KVM where that works, a Debian
        kernel under QEMU with emulated SVM ("L1") where not. Paths are the same in both.

          lab run [-t] -- COMMAND…   runs it there: streams, exit code; -t gives it a terminal
          lab shell                  a shell there
          lab start                  boots L1 and keeps it until `lab stop` (or VMM_LAB_OWNER, a pid, ends)
          lab stop                   ends L1
          lab status                 says whether L1 is up, and where its logs are
          lab fetch                  fetches kernels, builds the guest files, and prints NAME=path lines
          lab baseline               boots the cloud kernel to /init under QEMU microvm, and times it

        VMM_LAB=native|qemu decides where without asking; VMM_LAB_LINGER=SECONDS is how long L1 stays
        up unused (30); VMM_LAB_MEMORY=MIB is its memory; VMM_LAB_NAME=NAME is a lab of its own; VMM_CACHE is where kernels are kept.
        """;

    public static async Task<int> RunAsync(string[] arguments) => arguments switch
    {
        ["run", "-t", "--", .. var command] when command.Length > 0 => await Terminal.RunAsync(await HostAsync(), command, pty: true),
        ["run", "--", .. var command] when command.Length > 0 => await Terminal.RunAsync(await HostAsync(), command, pty: false),
        ["shell"] => await Terminal.ShellAsync(await HostAsync()),
        ["start"] => await StartAsync(),
        ["stop"] => await StopAsync(),
        ["status"] => await StatusAsync(),
        ["fetch"] => await FetchAsync(),
        ["baseline"] => await BaselineAsync(),
        _ => Explain(),
    };

    private static Task<ILabHost> HostAsync() => LabHost.EnsureAsync(progress: Console.Error.WriteLine);

    private static async Task<int> StartAsync()
    {
        var host = await HostAsync();
        if (host.Kind == "qemu" && Environment.GetEnvironmentVariable("VMM_LAB_OWNER") is null or "")
            await KeeperLease.AskAsync("hold");
        return await StatusAsync();
    }

    private static async Task<int> StopAsync()
    {
        Console.WriteLine(await KeeperLease.AskAsync("stop") is null ? "lab: L1 was not up" : "lab: L1 stopped");
        return 0;
    }

    private static async Task<int> StatusAsync()
    {
        var state = await KeeperLease.AskAsync("status");
        Console.WriteLine(state switch
        {
            null => "lab: L1 is not up",
            { Error: { } error } => $"lab: {error}",
            _ => $"lab: L1 is up (QEMU {state.QemuPid}, keeper {state.KeeperPid}, booted in {state.BootSeconds:f1} s, {state.Leases} using it)",
        });
        Console.WriteLine($"     console {LabPaths.ConsoleLog}\n     work    {LabPaths.Work}\n     cache   {LabPaths.Cache}");
        return 0;
    }

    /// <summary>NAME=path lines, which a shell or a Makefile can take.</summary>
    private static async Task<int> FetchAsync()
    {
        LabPaths.Create();
        foreach (var flavour in Enum.GetValues<KernelFlavour>())
        {
            var kernel = await KernelStore.GetAsync(flavour);
            var name = flavour.ToString().ToUpperInvariant();
            Console.WriteLine($"{name}_BZIMAGE={kernel.BzImage}\n{name}_VMLINUX={kernel.Vmlinux}");
            Console.WriteLine($"{name}_INITRAMFS={await GuestInitramfs.ShellAsync(kernel)}");
        }
        Console.WriteLine($"MARKER_INITRAMFS={await GuestInitramfs.MarkerAsync()}");
        Console.WriteLine($"HELLO_DISK={await DiskImage.HelloAsync(Path.Combine(LabPaths.Work, "hello.img"))}");
        Console.WriteLine($"TOOLS_DISK={await DiskImage.ToolsAsync()}");
        return 0;
    }

    /// <summary>QEMU microvm, process start to /init, for comparison and to prove the lab.</summary>
    private static async Task<int> BaselineAsync()
    {
        var host = await HostAsync();
        var kernel = await KernelStore.GetAsync(KernelFlavour.Cloud);
        var machine = new QemuMicrovm(kernel.BzImage, await GuestInitramfs.MarkerAsync());
        var (result, wall) = await machine.BootAsync(host, TimeSpan.FromMinutes(2));
        Console.WriteLine($"qemu microvm, {kernel.Release}, serial console on: /init after {wall.TotalSeconds:f2} s (exit {result.ExitCode})");
        return result.ExitCode == QemuMicrovm.MarkerExit ? 0 : 1;
    }

    private static int Explain()
    {
        Console.Error.WriteLine(Usage);
        return UsageError;
    }
}
