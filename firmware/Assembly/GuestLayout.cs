namespace Vmm.Firmware.Assembly;

/// <summary>
/// Where a tiny guest puts its parts. A guest owns the second MiB of memory, 10_0000 … 1F_FFFF, and for code that has
/// to run in real mode the page at 8000; so every guest fits in 2 MiB.
/// </summary>
/// <remarks>
/// <code>
/// 0000_8000  real-mode code, copied down from 10_0800 by the guest itself
/// 0010_0000  32-bit code: the PVH entry
/// 0010_0600  32-bit code on the way up from real mode
/// 0010_0800  the image of the real-mode page
/// 0010_1000  64-bit code
/// 0010_8000  texts, variables, GDT, IDT
/// 0010_C000  page tables: PML4, PDPT, four page directories
/// 0012_0000  stacks, one page for each of 64 vCPUs
/// 0020_0000  free memory: what a guest like "dirty" plays with
/// </code>
/// </remarks>
internal static class GuestLayout
{
    /// <summary>The real-mode page; its number (8) is the vector of the start-up IPI.</summary>
    public const uint RealMode = 0x8000;

    /// <summary>16-bit code on the way down to real mode, while protection is still on.</summary>
    public const uint Descent = RealMode + 0x200;

    /// <summary>Texts and descriptors of the real-mode page, apart from its code.</summary>
    public const uint RealModeData = RealMode + 0x400;

    /// <summary>Top of the stack used in real mode: the end of the real-mode page.</summary>
    public const uint RealModeStackTop = RealMode + 0x1000;

    /// <summary>The PVH entry point, in 32-bit code.</summary>
    public const uint Entry = 0x10_0000;

    /// <summary>32-bit code reached from real mode.</summary>
    public const uint Ascent = 0x10_0600;

    /// <summary>Where the real-mode page lies in the image, before it is copied down.</summary>
    public const uint RealModeImage = 0x10_0800;

    /// <summary>How much of the real-mode page is copied.</summary>
    public const uint RealModeImageSize = 0x800;

    /// <summary>64-bit code.</summary>
    public const uint Main = 0x10_1000;

    /// <summary>Texts, variables and descriptor tables.</summary>
    public const uint Data = 0x10_8000;

    /// <summary>The first page table, the PML4.</summary>
    public const uint PageTables = 0x10_C000;

    /// <summary>The lowest stack; a vCPU's stack grows down from the end of its page.</summary>
    public const uint Stacks = 0x12_0000;

    /// <summary>log2 of the size of a stack.</summary>
    public const int StackShift = 12;

    /// <summary>How many vCPUs have a stack.</summary>
    public const int MaximumVcpus = 64;

    /// <summary>The stack of the first vCPU starts here and grows down.</summary>
    public const uint FirstStackTop = Stacks + (1u << StackShift);

    /// <summary>Memory that no part of a guest occupies.</summary>
    public const uint FreeMemory = 0x20_0000;
}
