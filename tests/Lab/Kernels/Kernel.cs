namespace Vmm.Lab.Kernels;

/// <summary>One of Debian's kernels, unpacked, with everything a VMM may want to boot.</summary>
public sealed record Kernel(KernelFlavour Flavour, string Release, string Folder)
{
    /// <summary>The kernel as Debian ships it.</summary>
    public string BzImage => Path.Combine(Folder, "boot", "vmlinuz-" + Release);

    /// <summary>The ELF inside it, PVH note included.</summary>
    public string Vmlinux => Path.Combine(Folder, "vmlinux");

    /// <summary>Its configuration.</summary>
    public string Config => Path.Combine(Folder, "boot", "config-" + Release);

    /// <summary>lib/modules/RELEASE, with depmod's tables.</summary>
    public string Modules => Path.Combine(Folder, "lib", "modules", Release);
}
