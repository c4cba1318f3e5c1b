using System.Buffers.Binary;

namespace Vmm.Coredump;

/// <summary>The head of an ELF64 core file (System V gABI, chapters 4 and 5): header, program headers, notes; memory lies behind it.</summary>
internal static class CoreHeader
{
    /// <summary>Memory begins at a multiple of this.</summary>
    public const int Alignment = 4096;

    private const int ElfHeaderSize = 64, ProgramHeaderSize = 56;
    private const ushort ET_CORE = 4, EM_X86_64 = 62;
    private const byte ELFCLASS64 = 2, ELFDATA2LSB = 1, EV_CURRENT = 1;
    private const uint PT_LOAD = 1, PT_NOTE = 4;
    private const uint AllRights = 7;
    private const ulong NoteAlignment = 4;

    /// <summary>p_align of memory: <c>crash</c> tells a dump of a machine's memory from others by it, as by its notes.</summary>
    private const ulong NoAlignment = 0;

    /// <summary>How many bytes a head takes at most.</summary>
    /// <param name="ranges">Ranges of memory.</param>
    /// <param name="notes">Bytes of notes.</param>
    public static ulong SizeFor(int ranges, int notes) => RoundUp((ulong)(ElfHeaderSize + (1 + ranges) * ProgramHeaderSize + notes));

    /// <summary>Makes it.</summary>
    /// <param name="segments">The ranges of memory.</param>
    /// <param name="notes">The notes.</param>
    /// <param name="memoryAt">Where memory begins in the file.</param>
    public static byte[] Build(IReadOnlyList<CoreSegment> segments, ReadOnlySpan<byte> notes, ulong memoryAt)
    {
        int notesAt = ElfHeaderSize + (1 + segments.Count) * ProgramHeaderSize;
        byte[] head = new byte[notesAt + notes.Length];
        WriteElfHeader(head, (ushort)(1 + segments.Count));
        WriteProgramHeader(head.AsSpan(ElfHeaderSize), PT_NOTE, 0, new CoreSegment((ulong)notesAt, 0, 0, (ulong)notes.Length), NoteAlignment);
        for (int i = 0; i < segments.Count; i++)
        {
            CoreSegment segment = segments[i] with { Offset = memoryAt + segments[i].Offset };
            WriteProgramHeader(head.AsSpan(ElfHeaderSize + (1 + i) * ProgramHeaderSize), PT_LOAD, AllRights, segment, NoAlignment);
        }
        notes.CopyTo(head.AsSpan(notesAt));
        return head;
    }

    /// <summary>Rounds up to <see cref="Alignment"/>.</summary>
    public static ulong RoundUp(ulong size) => (size + Alignment - 1) & ~(ulong)(Alignment - 1);

    private static void WriteElfHeader(Span<byte> into, ushort programHeaders)
    {
        "\u007fELF"u8.CopyTo(into);
        (into[4], into[5], into[6]) = (ELFCLASS64, ELFDATA2LSB, EV_CURRENT);
        BinaryPrimitives.WriteUInt16LittleEndian(into[16..], ET_CORE);
        BinaryPrimitives.WriteUInt16LittleEndian(into[18..], EM_X86_64);
        BinaryPrimitives.WriteUInt32LittleEndian(into[20..], EV_CURRENT);
        BinaryPrimitives.WriteUInt64LittleEndian(into[32..], ElfHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(into[52..], ElfHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(into[54..], ProgramHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(into[56..], programHeaders);
    }

    private static void WriteProgramHeader(Span<byte> into, uint type, uint flags, CoreSegment segment, ulong alignment)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(into, type);
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], segment.Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(into[16..], segment.Virtual);
        BinaryPrimitives.WriteUInt64LittleEndian(into[24..], segment.Physical);
        BinaryPrimitives.WriteUInt64LittleEndian(into[32..], segment.Size);
        BinaryPrimitives.WriteUInt64LittleEndian(into[40..], type == PT_LOAD ? segment.Size : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(into[48..], alignment);
    }
}
