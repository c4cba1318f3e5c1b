using Vmm.Firmware;
using Vmm.Guest.Boot;
using Vmm.Host;
using Vmm.Machine.Config;
using GuestProtocol = Vmm.Guest.Boot.BootProtocol;

namespace Vmm.Machine.Build;

/// <summary>Opens what a machine starts from: a kernel with its initrd and modules, or a built-in tiny guest.</summary>
internal sealed class KernelImages : IDisposable
{
    private readonly List<FileImageSource> _files = [];
    private readonly MachineConfig _config;

    /// <summary>Opens the files that a configuration names.</summary>
    /// <exception cref="VmmException">A file is missing or is no regular file, or there is no such firmware.</exception>
    public KernelImages(MachineConfig config)
    {
        _config = config;
        try
        {
            Kernel = config.Kernel is { } path ? Open("kernel", path) : Assemble(config.Firmware!);
            Initrd = config.Initrd is { } initrd ? Open("initrd", initrd) : null;
            Modules = [.. config.Module.Select(m => new BootModule(Open("module", m.Path), m.Args))];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The kernel.</summary>
    public IImageSource Kernel { get; }

    /// <summary>The initial RAM disk, if any.</summary>
    public IImageSource? Initrd { get; }

    /// <summary>Further modules.</summary>
    public IReadOnlyList<BootModule> Modules { get; }

    /// <summary>How the kernel shall be entered.</summary>
    public GuestProtocol Protocol => _config.BootProtocol switch
    {
        Config.BootProtocol.BzImage or Config.BootProtocol.Elf => GuestProtocol.Linux64,
        Config.BootProtocol.Pvh => GuestProtocol.Pvh,
        Config.BootProtocol.Multiboot => GuestProtocol.Multiboot,
        Config.BootProtocol.Flat => GuestProtocol.Flat,
        _ => GuestProtocol.Auto,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FileImageSource file in _files)
            file.Dispose();
    }

    private FileImageSource Open(string role, string path)
    {
        FileImageSource file = FileImageSource.Open(role, path);
        _files.Add(file);
        return file;
    }

    private static FirmwareImageSource Assemble(string name) => FirmwareCatalog.Find(name) is { } guest
        ? new FirmwareImageSource(guest.Name, guest.BuildElf())
        : throw new VmmException($"--firmware: there is no '{Printable.Escape(name)}'{Suggestion.For(name, FirmwareCatalog.All.Select(guest => guest.Name))}; 'vmm firmware list' shows what there is", ExitCodes.Usage);
}
