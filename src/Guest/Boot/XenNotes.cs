using System.Buffers.Binary;
using static Vmm.Guest.Boot.ElfConstants;

namespace Vmm.Guest.Boot;

/// <summary>What the Xen notes of an ELF say about how it wants to be started.</summary>
/// <param name="PvhEntry">XEN_ELFNOTE_PHYS32_ENTRY, a 32-bit physical address; null when there is none.</param>
/// <param name="IsLinux">Whether XEN_ELFNOTE_GUEST_OS says <c>linux</c>.</param>
internal readonly record struct XenNotes(ulong? PvhEntry, bool IsLinux)
{
    private const int LargestRead = NoteHeaderSize + 16;

    private static ReadOnlySpan<byte> XenName => "Xen\0"u8;

    private static ReadOnlySpan<byte> LinuxName => "linux"u8;

    /// <summary>Walks all PT_NOTE segments.</summary>
    /// <exception cref="BootException">A note leaves its segment, or the entry note has an impossible size or value.</exception>
    public static XenNotes Read(ElfImage image)
    {
        XenNotes found = default;
        int budget = MaximumNotes;
        foreach (ref readonly ElfSegment segment in image.Segments)
        {
            if (segment.Type == PT_NOTE)
                found = ReadSegment(image.Reader, segment, found, ref budget);
        }
        return found;
    }

    private static XenNotes ReadSegment(ImageReader reader, in ElfSegment segment, XenNotes found, ref int budget)
    {
        if (!reader.Holds(segment.Offset, segment.FileSize))
            throw reader.Fault($"program header {segment.Index}: notes at offset 0x{segment.Offset:x} end past the end of the file (0x{reader.Length:x} bytes)");
        // gABI 4.1 aligns notes to 4; 64-bit tool chains use 8 when the segment says so.
        ulong alignment = segment.Alignment == 8 ? 8UL : 4UL;
        Span<byte> buffer = stackalloc byte[LargestRead];
        ulong at = 0;
        while (segment.FileSize - at >= NoteHeaderSize)
        {
            if (budget-- == 0)
                throw reader.Fault($"program header {segment.Index}: more than {MaximumNotes} notes");
            int length = (int)Math.Min(LargestRead, segment.FileSize - at);
            reader.Read(segment.Offset + at, buffer[..length], "notes");
            uint nameSize = BinaryPrimitives.ReadUInt32LittleEndian(buffer);
            uint descriptorSize = BinaryPrimitives.ReadUInt32LittleEndian(buffer[4..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(buffer[8..]);
            ulong descriptorAt = AlignUp(NoteHeaderSize + (ulong)nameSize, alignment);
            ulong end = descriptorAt + descriptorSize;
            if (end > segment.FileSize - at)
                throw reader.Fault($"program header {segment.Index}: note at 0x{at:x} with a name of {nameSize} and a descriptor of {descriptorSize} bytes leaves its segment");
            if (nameSize == XenName.Length && buffer.Slice(NoteHeaderSize, XenName.Length).SequenceEqual(XenName))
                found = Interpret(reader, type, buffer[(int)descriptorAt..length], descriptorSize, found);
            ulong next = AlignUp(end, alignment);
            if (next >= segment.FileSize - at)
                break;
            at += next;
        }
        return found;
    }

    private static XenNotes Interpret(ImageReader reader, uint type, ReadOnlySpan<byte> descriptor, uint size, XenNotes found)
    {
        switch (type)
        {
            case XEN_ELFNOTE_PHYS32_ENTRY:
                ulong entry = size switch
                {
                    sizeof(uint) => BinaryPrimitives.ReadUInt32LittleEndian(descriptor),
                    sizeof(ulong) => BinaryPrimitives.ReadUInt64LittleEndian(descriptor),
                    _ => throw reader.Fault($"PVH note: the entry point has {size} bytes; it must have 4 or 8"),
                };
                if (entry > uint.MaxValue)
                    throw reader.Fault($"PVH note: entry point 0x{entry:x} is beyond 4 GiB, but it is entered in 32-bit mode");
                return found with { PvhEntry = entry };
            case XEN_ELFNOTE_GUEST_OS:
                return found with { IsLinux = size >= LinuxName.Length && descriptor.StartsWith(LinuxName) };
            default:
                return found;
        }
    }

    private static ulong AlignUp(ulong value, ulong alignment) => (value + (alignment - 1)) & ~(alignment - 1);
}
