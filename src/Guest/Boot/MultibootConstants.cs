namespace Vmm.Guest.Boot;

/// <summary>Numbers of the Multiboot specification 0.6.96; section numbers beside them.</summary>
internal static class MultibootConstants
{
    /// <summary>3.1.1: magic of the header in the image.</summary>
    public const uint HeaderMagic = 0x1BAD_B002;

    /// <summary>3.2: what EAX holds at entry.</summary>
    public const uint LoaderMagic = 0x2BAD_B002;

    /// <summary>3.1: the header lies wholly within the first 8192 bytes, at a multiple of 4.</summary>
    public const int SearchLength = 8192;

    /// <summary>3.1: magic, flags, checksum.</summary>
    public const int HeaderSize = 12;

    /// <summary>3.1: with the five address fields.</summary>
    public const int HeaderWithAddressesSize = 32;

    /// <summary>3.1.1, bits 0–15: what the loader must understand or give up.</summary>
    public const uint RequirementMask = 0xFFFF;

    /// <summary>3.1.1, bits 0 (page-aligned modules), 1 (memory information) and 2 (video mode): those we know.</summary>
    public const uint KnownRequirements = 0x7;

    /// <summary>3.1.1, bit 16: the address fields are valid.</summary>
    public const uint FlagAddresses = 1 << 16;

    /// <summary>3.3: mem_lower and mem_upper.</summary>
    public const uint InfoMemory = 1 << 0;

    /// <summary>3.3: cmdline.</summary>
    public const uint InfoCommandLine = 1 << 2;

    /// <summary>3.3: mods_count and mods_addr.</summary>
    public const uint InfoModules = 1 << 3;

    /// <summary>3.3: mmap_length and mmap_addr.</summary>
    public const uint InfoMemoryMap = 1 << 6;

    /// <summary>3.3: boot_loader_name.</summary>
    public const uint InfoLoaderName = 1 << 9;

    /// <summary>3.3: offsets in the information structure.</summary>
    public const int FlagsAt = 0;

    /// <summary>3.3.</summary>
    public const int MemoryLowerAt = 4;

    /// <summary>3.3.</summary>
    public const int MemoryUpperAt = 8;

    /// <summary>3.3.</summary>
    public const int CommandLineAt = 16;

    /// <summary>3.3.</summary>
    public const int ModuleCountAt = 20;

    /// <summary>3.3.</summary>
    public const int ModuleListAt = 24;

    /// <summary>3.3.</summary>
    public const int MemoryMapLengthAt = 44;

    /// <summary>3.3.</summary>
    public const int MemoryMapAt = 48;

    /// <summary>3.3.</summary>
    public const int LoaderNameAt = 64;

    /// <summary>3.3: size of the information structure, framebuffer fields included (all zero here).</summary>
    public const int InfoSize = 116;

    /// <summary>3.3: a module is start, end, string, reserved.</summary>
    public const int ModuleSize = 16;

    /// <summary>3.3: a memory map entry's size field does not count itself.</summary>
    public const uint MemoryMapEntryPayload = 20;

    /// <summary>A memory map entry with its size field.</summary>
    public const int MemoryMapEntrySize = 24;
}
