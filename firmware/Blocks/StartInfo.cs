namespace Vmm.Firmware.Blocks;

/// <summary>
/// Offsets in struct hvm_start_info, to which EBX points at the PVH entry (xen/include/public/arch-x86/hvm/start_info.h).
/// </summary>
internal static class StartInfo
{
    /// <summary>Address of the command line, a text ended by a zero byte, or 0.</summary>
    public const int CommandLine = 24;

    /// <summary>Address of ACPI's root pointer, or 0.</summary>
    public const int Rsdp = 32;

    /// <summary>Address of the memory map.</summary>
    public const int MemoryMap = 40;

    /// <summary>Number of entries in the memory map (version 1 of the structure).</summary>
    public const int MemoryMapEntries = 48;
}
