namespace Vmm.Guest.Boot;

/// <summary>How a kernel is entered.</summary>
public enum BootProtocol
{
    /// <summary>
    /// By the content of the image: a Linux setup header means <see cref="Linux64"/> (<see cref="Linux32"/> or <see cref="Linux16"/>
    /// when the kernel has no 64-bit entry), a Multiboot header <see cref="Multiboot"/>, an ELF with the Xen note <see cref="Pvh"/>, any
    /// other 64-bit ELF <see cref="Linux64"/>, and what is none of these <see cref="Flat"/>.
    /// </summary>
    Auto,

    /// <summary>Linux, long mode, at <c>startup_64</c> (Linux Documentation/arch/x86/boot.rst, 64-bit boot protocol).</summary>
    Linux64,

    /// <summary>Linux, protected mode, at <c>code32_start</c> (boot.rst, 32-bit boot protocol).</summary>
    Linux32,

    /// <summary>The 16-bit setup code of a bzImage, real mode (boot.rst, the original protocol). It expects a BIOS, which this machine has not.</summary>
    Linux16,

    /// <summary>Xen's PVH entry, protected mode (Xen docs/misc/pvh.pandoc).</summary>
    Pvh,

    /// <summary>Multiboot 0.6.96, protected mode.</summary>
    Multiboot,

    /// <summary>Raw bytes, entered in real mode.</summary>
    Flat,
}
