using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>How a kernel is entered. The names are those of <c>--boot-protocol</c>.</summary>
[JsonConverter(typeof(WordConverter<BootProtocol>))]
internal enum BootProtocol
{
    /// <summary>As the image's content says.</summary>
    Auto,

    /// <summary>A Linux bzImage, at its 64-bit entry.</summary>
    BzImage,

    /// <summary>An ELF64 vmlinux, entered like a bzImage's 64-bit entry.</summary>
    Elf,

    /// <summary>An ELF with the Xen PVH note.</summary>
    Pvh,

    /// <summary>Multiboot 1.</summary>
    Multiboot,

    /// <summary>Bytes without a header.</summary>
    Flat,
}
