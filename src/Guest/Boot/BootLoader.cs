using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>Recognises a kernel image by its content, loads it with all that belongs to it, and says how to start it.</summary>
/// <remarks>
/// The image's first bytes decide, in this order: a Linux setup header, a Multiboot header, ELF with the Xen note, any other
/// ELF64, flat binary. A vmlinux that has the Xen note is started through PVH, as QEMU, Cloud Hypervisor and Firecracker
/// do; <see cref="BootRequest.Protocol"/> forces the other way.
/// </remarks>
public static class BootLoader
{
    /// <summary>How much of the image recognition reads: a Multiboot header lies in the first 8 KiB (Multiboot 0.6.96, 3.1).</summary>
    private const int HeadSize = 8192;

    /// <summary>Loads a guest into memory.</summary>
    /// <param name="request">What to start.</param>
    /// <param name="memory">The machine's RAM.</param>
    /// <exception cref="BootException">The image, the initrd, a module or the command line cannot be used; memory may be partly written.</exception>
    public static BootPlan Load(BootRequest request, GuestMemory memory)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(memory);
        var reader = new ImageReader(request.Kernel);
        if (reader.Length == 0)
            throw reader.Fault("the kernel image is empty");
        var map = new LoadMap(memory);
        if (request.Rsdp is not null)
            map.Claim("machine", "ACPI tables", MemoryLayout.AcpiStart, MemoryLayout.AcpiSize);

        Span<byte> buffer = stackalloc byte[HeadSize];
        Span<byte> head = buffer[..reader.ReadUpTo(0, buffer)];
        return request.Protocol switch
        {
            _ when ElfImage.Matches(head) => LoadElf(reader, request, map),
            _ => throw reader.Fault("this kind of image is not supported yet"),
        };
    }

    private static BootPlan LoadElf(ImageReader reader, BootRequest request, LoadMap map)
    {
        ElfImage elf = ElfImage.Parse(reader);
        return PvhLoader.Load(elf, XenNotes.Read(elf), request, map);
    }
}
