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

        Span<byte> buffer = stackalloc byte[MultibootConstants.SearchLength];
        ReadOnlySpan<byte> head = buffer[..reader.ReadUpTo(0, buffer)];
        return request.Protocol switch
        {
            BootProtocol.Auto => LoadRecognised(reader, head, request, map),
            BootProtocol.Linux64 when ElfImage.Matches(head) => LinuxElfLoader.Load(ElfImage.Parse(reader), request, map),
            BootProtocol.Linux64 or BootProtocol.Linux32 or BootProtocol.Linux16 => BzImageLoader.Load(reader, LinuxSetup.Parse(reader, head), request.Protocol, request, map),
            BootProtocol.Pvh => LoadPvh(ElfImage.Parse(reader), request, map),
            BootProtocol.Multiboot => LoadMultiboot(reader, head, request, map),
            BootProtocol.Flat => FlatBinaryLoader.Load(reader, head, request, map),
            _ => throw new ArgumentOutOfRangeException(nameof(request), request.Protocol, "no such boot protocol"),
        };
    }

    private static BootPlan LoadRecognised(ImageReader reader, ReadOnlySpan<byte> head, BootRequest request, LoadMap map)
    {
        if (LinuxSetup.Matches(head))
        {
            LinuxSetup setup = LinuxSetup.Parse(reader, head);
            return BzImageLoader.Load(reader, setup, BzImageLoader.BestProtocol(setup), request, map);
        }
        if (MultibootHeader.Find(head) is not null)
            return LoadMultiboot(reader, head, request, map);
        if (ElfImage.Matches(head))
        {
            ElfImage elf = ElfImage.Parse(reader);
            XenNotes notes = XenNotes.Read(elf);
            return notes.PvhEntry is null ? LinuxElfLoader.Load(elf, request, map) : PvhLoader.Load(elf, notes, request, map);
        }
        if (ForeignFormats.Describe(head) is { } reason)
            throw reader.Fault($"this is no kernel image: the file {reason}");
        return FlatBinaryLoader.Load(reader, head, request, map);
    }

    private static BootPlan LoadPvh(ElfImage elf, BootRequest request, LoadMap map) => PvhLoader.Load(elf, XenNotes.Read(elf), request, map);

    private static BootPlan LoadMultiboot(ImageReader reader, ReadOnlySpan<byte> head, BootRequest request, LoadMap map)
    {
        MultibootHeader header = MultibootHeader.Find(head)
            ?? throw reader.Fault("Multiboot header: none with a right checksum in the first 8192 bytes");
        return MultibootLoader.Load(reader, header, ElfImage.Matches(head), request, map);
    }
}
