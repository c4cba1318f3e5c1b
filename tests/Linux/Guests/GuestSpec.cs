using Vmm.Lab;
using Vmm.Lab.Cache;
using Vmm.Lab.Images;
using Vmm.Lab.Kernels;

namespace Vmm.Tests.Linux.Guests;

/// <summary>What a test wants to boot.</summary>
public sealed record GuestSpec
{
    public KernelFlavour Flavour { get; init; } = KernelFlavour.Cloud;
    public KernelForm Form { get; init; } = KernelForm.BzImage;
    public string Transport { get; init; } = "pci";
    public string Cpus { get; init; } = "1";
    public string Memory { get; init; } = "256M";

    /// <summary>Where the shell is: ttyS0 or hvc0.</summary>
    public string Console { get; init; } = "ttyS0";

    /// <summary>Modes of the console line, as `console=` takes them.</summary>
    public string ConsoleMode { get; init; } = "";

    /// <summary>More words for the kernel's command line.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>More options of `vmm run`.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>The options' values after `path=`, a disk each.</summary>
    public IReadOnlyList<string> Disks { get; init; } = [];

    /// <summary>vmm as it is shipped.</summary>
    public static string Program
    {
        get
        {
            var program = Path.Combine(LabPaths.Checkout, "out", "vmm");
            return File.Exists(program) ? program : throw new LabException($"{program} is not there; `make build` makes it");
        }
    }

    /// <summary>The whole command line of vmm.</summary>
    public async Task<IReadOnlyList<string>> ArgumentsAsync()
    {
        var kernel = await KernelStore.GetAsync(Flavour);
        var arguments = new List<string>
        {
            Program, "run", "--kernel", Form == KernelForm.BzImage ? kernel.BzImage : kernel.Vmlinux,
            "--initrd", await GuestInitramfs.ShellAsync(kernel),
            "--cmdline", $"console={Console}{ConsoleMode} quiet {CommandLine}".TrimEnd(),
            "--cpus", Cpus, "--memory", Memory, "--transport", Transport,
        };
        if (Form != KernelForm.BzImage)
            arguments.AddRange(["--boot-protocol", Form == KernelForm.Pvh ? "pvh" : "elf"]);
        if (Console == "hvc0")
            arguments.AddRange(["--virtio-console", "tty", "--console", "off"]);
        foreach (var disk in Disks)
            arguments.AddRange(["--disk", "path=" + disk]);
        arguments.AddRange(Options);
        return arguments;
    }
}
