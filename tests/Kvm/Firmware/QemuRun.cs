using Xunit;

namespace Vmm.Tests.Kvm.Firmware;

/// <summary>Tiny guests under QEMU.</summary>
internal static class QemuRun
{
    private const string Program = "qemu-system-x86_64";

    /// <summary>Boots an ELF file and waits for the end.</summary>
    /// <returns>The run, and what the guest wrote to the debug console.</returns>
    public static async Task<(GuestRun Run, string DebugConsole)> BootAsync(byte[] elf, QemuOptions options)
    {
        Require(options.Accelerator);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vmm-firmware-");
        try
        {
            string image = Path.Combine(folder.FullName, "guest.elf");
            string console = Path.Combine(folder.FullName, "debug-console");
            await File.WriteAllBytesAsync(image, elf, TestContext.Current.CancellationToken);
            GuestRun run = await GuestRun.WatchAsync(Program, Arguments(image, console, options), options.Typed);
            string debug = File.Exists(console)
                ? await File.ReadAllTextAsync(console, TestContext.Current.CancellationToken)
                : "";
            return (run, debug);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string[] Arguments(string image, string console, QemuOptions options)
    {
        // Under TCG every instruction QEMU knows; under KVM its plain model, since not every KVM can set all of "max".
        string cpu = options.Accelerator == "tcg" ? "max" : "qemu64";
        return
        [
            "-M", options.Machine, "-accel", options.Accelerator, "-cpu", cpu, "-smp", $"{options.Vcpus}",
            "-m", $"{options.MemoryMiB}", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-serial", "stdio", "-debugcon", $"file:{console}", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
            "-kernel", image, "-append", options.CommandLine,
        ];
    }

    private static void Require(string accelerator)
    {
        bool found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, Program)));
        Assert.SkipUnless(found, $"{Program} is not installed (package qemu-system-x86)");
        if (accelerator == "kvm")
            KvmDevice.Require();
    }
}
