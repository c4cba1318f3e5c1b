using System.Diagnostics;
using System.Text;
using Xunit;

namespace Vmm.Tests.Kvm.Firmware;

/// <summary>One run of a tiny guest under QEMU: what it printed, and how QEMU ended.</summary>
internal sealed record QemuRun(string Output, string DebugConsole, int ExitCode)
{
    private const string Program = "qemu-system-x86_64";

    /// <summary>Generous, because the machine may be busy; a guest takes a fraction of a second.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Boots an ELF file and waits for the end.</summary>
    public static async Task<QemuRun> BootAsync(byte[] elf, QemuOptions options)
    {
        RequireQemu(options.Accelerator);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vmm-firmware-");
        try
        {
            string image = Path.Combine(folder.FullName, "guest.elf");
            string console = Path.Combine(folder.FullName, "debug-console");
            await File.WriteAllBytesAsync(image, elf, TestContext.Current.CancellationToken);
            using Process process = Start(image, console, options);
            try
            {
                return await FinishAsync(process, console, options.Typed);
            }
            finally
            {
                if (!process.HasExited)
                    process.Kill();
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Process Start(string image, string console, QemuOptions options)
    {
        // Under TCG every instruction QEMU knows; under KVM its plain model, since not every KVM can set all of "max".
        string cpu = options.Accelerator == "tcg" ? "max" : "qemu64";
        string[] arguments =
        [
            "-M", options.Machine, "-accel", options.Accelerator, "-cpu", cpu, "-smp", $"{options.Vcpus}",
            "-m", $"{options.MemoryMiB}", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-serial", "stdio", "-debugcon", $"file:{console}", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
            "-kernel", image, "-append", options.CommandLine,
        ];
        var info = new ProcessStartInfo(Program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
            StandardInputEncoding = Encoding.Latin1,
        };
        return Process.Start(info) ?? throw new InvalidOperationException($"{Program} did not start");
    }

    private static async Task<QemuRun> FinishAsync(Process process, string console, string typed)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(s_patience);
        // QEMU may be gone already when the last bytes are written; the exit code tells what happened.
        Task<string> errors = process.StandardError.ReadToEndAsync(patience.Token);
        await process.StandardInput.WriteAsync(typed.AsMemory(), patience.Token);
        await process.StandardInput.FlushAsync(patience.Token);
        string output = await process.StandardOutput.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        TestContext.Current.TestOutputHelper?.WriteLine(await errors);
        string debug = File.Exists(console) ? await File.ReadAllTextAsync(console, patience.Token) : "";
        return new QemuRun(output, debug, process.ExitCode);
    }

    private static void RequireQemu(string accelerator)
    {
        bool found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, Program)));
        Assert.SkipUnless(found, $"{Program} is not installed (package qemu-system-x86)");
        if (accelerator != "kvm")
            return;
        try
        {
            using FileStream device = File.Open("/dev/kvm", FileMode.Open, FileAccess.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"/dev/kvm cannot be opened: {e.Message}");
        }
    }
}
