namespace Vmm.Guest.Boot;

/// <summary>Numbers of the ELF format (System V gABI 4.1, chapters 4 and 5; psABI supplements for the machines).</summary>
internal static class ElfConstants
{
    /// <summary>e_ident[EI_MAG0..3], little-endian.</summary>
    public const uint Magic = 0x464C_457F;

    public const int IdentClass = 4;
    public const int IdentData = 5;
    public const int IdentVersion = 6;

    public const byte ELFCLASS32 = 1;
    public const byte ELFCLASS64 = 2;
    public const byte ELFDATA2LSB = 1;
    public const byte EV_CURRENT = 1;

    public const ushort ET_EXEC = 2;
    public const ushort ET_DYN = 3;
    public const ushort EM_386 = 3;
    public const ushort EM_X86_64 = 62;

    public const uint PT_LOAD = 1;
    public const uint PT_NOTE = 4;

    /// <summary>e_phnum value that says the count is elsewhere.</summary>
    public const ushort PN_XNUM = 0xFFFF;

    public const int Header32Size = 52;
    public const int Header64Size = 64;
    public const int ProgramHeader32Size = 32;
    public const int ProgramHeader64Size = 56;

    /// <summary>Our own limit: no kernel has a tenth of it.</summary>
    public const int MaximumProgramHeaders = 256;

    /// <summary>Our own limit on the notes that are walked.</summary>
    public const int MaximumNotes = 4096;

    /// <summary>Elf_Nhdr: n_namesz, n_descsz, n_type.</summary>
    public const int NoteHeaderSize = 12;

    /// <summary>XEN_ELFNOTE_GUEST_OS (xen/include/public/elfnote.h).</summary>
    public const uint XEN_ELFNOTE_GUEST_OS = 6;

    /// <summary>XEN_ELFNOTE_PHYS32_ENTRY: the PVH entry point.</summary>
    public const uint XEN_ELFNOTE_PHYS32_ENTRY = 18;
}
