namespace Vmm.Guest.Boot;

/// <summary>A program header, of either class.</summary>
/// <param name="Index">Its place in the table, for messages.</param>
/// <param name="Type">p_type.</param>
/// <param name="Offset">p_offset.</param>
/// <param name="VirtualAddress">p_vaddr.</param>
/// <param name="PhysicalAddress">p_paddr.</param>
/// <param name="FileSize">p_filesz.</param>
/// <param name="MemorySize">p_memsz.</param>
/// <param name="Alignment">p_align.</param>
internal readonly record struct ElfSegment(
    int Index, uint Type, ulong Offset, ulong VirtualAddress, ulong PhysicalAddress, ulong FileSize, ulong MemorySize, ulong Alignment);
