namespace Vmm.Tests.Linux.Guests;

/// <summary>How the kernel is given to vmm.</summary>
public enum KernelForm
{
    /// <summary>As Debian ships it.</summary>
    BzImage,
    /// <summary>The ELF inside, entered at its 64-bit entry with a zero page.</summary>
    Vmlinux,
    /// <summary>The ELF inside, entered through its Xen note.</summary>
    Pvh,
}
