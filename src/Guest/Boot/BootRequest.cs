using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>Everything that decides what a guest finds in memory and registers when it starts.</summary>
public sealed class BootRequest
{
    /// <summary>The kernel image.</summary>
    public required IImageSource Kernel { get; init; }

    /// <summary>The initial RAM disk; for PVH and Multiboot it is the first module. Null when there is none.</summary>
    public IImageSource? Initrd { get; init; }

    /// <summary>Further modules, for PVH and Multiboot.</summary>
    public IReadOnlyList<BootModule> Modules { get; init; } = [];

    /// <summary>The kernel command line, without a terminating NUL. A flat binary has no way to learn it, so it is not passed on there.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>Forces a protocol; an image that does not offer it is refused.</summary>
    public BootProtocol Protocol { get; init; }

    /// <summary>Where a flat binary goes.</summary>
    public FlatBinaryOptions Flat { get; init; } = new();

    /// <summary>Where the RSDP is, when the machine has ACPI tables. The range from <see cref="MemoryLayout.AcpiStart"/> is then kept free.</summary>
    public GuestAddress? Rsdp { get; init; }

    /// <summary>Whether the machine has the ECAM window, which the memory map must then report as reserved.</summary>
    public bool HasEcam { get; init; } = true;

    /// <summary>
    /// Whether RAM is known to read as zero, as fresh anonymous memory does. False for a reload into used memory: then
    /// zero-initialised parts of the image are cleared, which touches their pages.
    /// </summary>
    public bool RamIsZero { get; init; } = true;
}
