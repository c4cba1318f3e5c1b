using System.Buffers.Binary;

namespace Vmm.Firmware.Assembly;

/// <summary>
/// Writes an image as ELF64 with one loadable segment a section, and the note that makes it a PVH kernel: a loader that
/// finds it enters the guest in 32-bit protected mode with EBX pointing to the start info (Xen's docs/misc/pvh.pandoc).
/// </summary>
internal static class PvhElf
{
    // Sizes of the ELF64 structures (System V ABI, chapters 4 and 5).
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;

    // Values in the ELF header and the program headers, under their names in the ABI.
    private const byte ELFCLASS64 = 2;
    private const byte ELFDATA2LSB = 1;
    private const byte EV_CURRENT = 1;
    private const ushort ET_EXEC = 2;
    private const ushort EM_X86_64 = 62;
    private const uint PT_LOAD = 1;
    private const uint PT_NOTE = 4;
    private const uint PF_X = 1;
    private const uint PF_W = 2;
    private const uint PF_R = 4;

    /// <summary>xen/include/public/elfnote.h: the 32-bit entry point, a physical address.</summary>
    private const uint XEN_ELFNOTE_PHYS32_ENTRY = 18;

    /// <summary>Note header (three words), the name "Xen" with its NUL, and an address of 8 bytes as in a 64-bit kernel.</summary>
    private const int NoteSize = 12 + 4 + 8;

    public static byte[] Write(GuestImage image)
    {
        int segments = image.Sections.Count + 1;
        int noteOffset = HeaderSize + segments * ProgramHeaderSize;
        int firstByte = noteOffset + NoteSize;
        byte[] file = new byte[firstByte + image.Sections.Sum(section => section.Bytes.Length)];

        WriteHeader(file, image.EntryPoint, segments);
        WriteNote(file.AsSpan(noteOffset), image.EntryPoint);
        int headerAt = HeaderSize;
        WriteProgramHeader(file.AsSpan(headerAt), PT_NOTE, PF_R, noteOffset, 0, NoteSize);
        int contentAt = firstByte;
        foreach (ImageSection section in image.Sections)
        {
            headerAt += ProgramHeaderSize;
            uint flags = PF_R | (section.Kind == SectionKind.Data ? PF_W : PF_X);
            WriteProgramHeader(
                file.AsSpan(headerAt), PT_LOAD, flags, contentAt, section.LoadAddress, section.Bytes.Length);
            section.Bytes.Span.CopyTo(file.AsSpan(contentAt));
            contentAt += section.Bytes.Length;
        }
        return file;
    }

    private static void WriteHeader(Span<byte> at, ulong entry, int segments)
    {
        "\u007fELF"u8.CopyTo(at);
        at[4] = ELFCLASS64;
        at[5] = ELFDATA2LSB;
        at[6] = EV_CURRENT;
        BinaryPrimitives.WriteUInt16LittleEndian(at[16..], ET_EXEC);
        BinaryPrimitives.WriteUInt16LittleEndian(at[18..], EM_X86_64);
        BinaryPrimitives.WriteUInt32LittleEndian(at[20..], EV_CURRENT);
        BinaryPrimitives.WriteUInt64LittleEndian(at[24..], entry);
        BinaryPrimitives.WriteUInt64LittleEndian(at[32..], HeaderSize); // e_phoff
        BinaryPrimitives.WriteUInt16LittleEndian(at[52..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(at[54..], ProgramHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(at[56..], (ushort)segments);
    }

    private static void WriteNote(Span<byte> at, ulong entry)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(at, 4);
        BinaryPrimitives.WriteUInt32LittleEndian(at[4..], 8);
        BinaryPrimitives.WriteUInt32LittleEndian(at[8..], XEN_ELFNOTE_PHYS32_ENTRY);
        "Xen\0"u8.CopyTo(at[12..]);
        BinaryPrimitives.WriteUInt64LittleEndian(at[16..], entry);
    }

    private static void WriteProgramHeader(
        Span<byte> at, uint type, uint flags, int offset, ulong address, int size)
    {
        // Segments lie back to back in the file, so the alignment asked for is none (1): p_offset need not agree
        // with p_vaddr, and the file stays small. A note is aligned to its words.
        ulong alignment = type == PT_NOTE ? 4u : 1u;
        BinaryPrimitives.WriteUInt32LittleEndian(at, type);
        BinaryPrimitives.WriteUInt32LittleEndian(at[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(at[8..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(at[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(at[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(at[32..], (ulong)size);
        BinaryPrimitives.WriteUInt64LittleEndian(at[40..], (ulong)size);
        BinaryPrimitives.WriteUInt64LittleEndian(at[48..], alignment);
    }
}
