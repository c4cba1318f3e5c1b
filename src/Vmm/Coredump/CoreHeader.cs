using System.Buffers.Binary;
using Vmm.Inspect;

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
    private const int NoteAlignment = 4;

    /// <summary>How many bytes a head takes at most.</summary>
    /// <param name="ranges">Ranges of memory.</param>
    /// <param name="notes">Bytes of notes.</param>
    public static ulong SizeFor(int ranges, int notes) => RoundUp((ulong)(ElfHeaderSize + (1 + ranges) * ProgramHeaderSize + notes));

    /// <summary>Makes it.</summary>
    /// <param name="slots">The ranges of memory, one behind the other in the file; their places count from the first byte of memory.</param>
    /// <param name="notes">The notes.</param>
    /// <param name="memoryAt">Where memory begins in the file.</param>
    public static byte[] Build(IReadOnlyList<MemorySlot> slots, ReadOnlySpan<byte> notes, ulong memoryAt)
    {
        int notesAt = ElfHeaderSize + (1 + slots.Count) * ProgramHeaderSize;
        byte[] head = new byte[notesAt + notes.Length];
        WriteElfHeader(head, (ushort)(1 + slots.Count));
        WriteProgramHeader(head.AsSpan(ElfHeaderSize), PT_NOTE, 0, (ulong)notesAt, 0, (ulong)notes.Length, NoteAlignment);
        ulong at = memoryAt;
        for (int i = 0; i < slots.Count; i++)
        {
            WriteProgramHeader(head.AsSpan(ElfHeaderSize + (1 + i) * ProgramHeaderSize), PT_LOAD, AllRights, at, slots[i].Start, slots[i].Size, Alignment);
            at += slots[i].Size;
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

    /// <summary>p_vaddr stays 0: where the guest's kernel has its memory is the debugger's affair.</summary>
    private static void WriteProgramHeader(Span<byte> into, uint type, uint flags, ulong offset, ulong physical, ulong size, ulong alignment)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(into, type);
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(into[24..], physical);
        BinaryPrimitives.WriteUInt64LittleEndian(into[32..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(into[40..], type == PT_LOAD ? size : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(into[48..], alignment);
    }
}
