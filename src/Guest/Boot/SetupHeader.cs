namespace Vmm.Guest.Boot;

/// <summary>Offsets and values of the Linux setup header and zero page (Linux Documentation/arch/x86/boot.rst and zero-page.rst; asm/bootparam.h).</summary>
internal static class SetupHeader
{
    // boot_params before the setup header
    public const int AcpiRsdpAddress = 0x070;
    public const int ExtRamdiskImage = 0x0C0;
    public const int ExtRamdiskSize = 0x0C4;
    public const int ExtCommandLinePointer = 0x0C8;
    public const int E820Entries = 0x1E8;

    // the setup header, at the same offsets in the file and in boot_params
    public const int Start = 0x1F1;
    public const int SetupSectors = 0x1F1;
    public const int SystemSize = 0x1F4;
    public const int VideoMode = 0x1FA;
    public const int BootFlag = 0x1FE;
    public const int JumpLength = 0x201;
    public const int HeaderMagic = 0x202;
    public const int ProtocolVersion = 0x206;
    public const int TypeOfLoader = 0x210;
    public const int LoadFlags = 0x211;
    public const int Code32Start = 0x214;
    public const int RamdiskImage = 0x218;
    public const int RamdiskSize = 0x21C;
    public const int HeapEndPointer = 0x224;
    public const int CommandLinePointer = 0x228;
    public const int InitrdAddressMax = 0x22C;
    public const int KernelAlignment = 0x230;
    public const int RelocatableKernel = 0x234;
    public const int ExtendedLoadFlags = 0x236;
    public const int CommandLineSize = 0x238;
    public const int PreferredAddress = 0x258;
    public const int InitSize = 0x260;

    /// <summary>Where the header must end in boot_params: edd_mbr_sig_buffer follows.</summary>
    public const int End = 0x290;

    public const int E820Table = 0x2D0;
    public const int E820EntrySize = 20;

    /// <summary>E820_MAX_ENTRIES_ZEROPAGE.</summary>
    public const int E820MaximumEntries = 128;

    /// <summary>sizeof(struct boot_params).</summary>
    public const int ZeroPageSize = 4096;

    /// <summary>"HdrS".</summary>
    public const uint MagicValue = 0x5372_6448;

    public const ushort BootFlagValue = 0xAA55;

    public const int SectorSize = 512;

    /// <summary>What setup_sects 0 stands for.</summary>
    public const int DefaultSetupSectors = 4;

    /// <summary>syssize counts these.</summary>
    public const int Paragraph = 16;

    /// <summary>A loader without a number of its own.</summary>
    public const byte LoaderUndefined = 0xFF;

    /// <summary>vid_mode "normal".</summary>
    public const ushort VideoNormal = 0xFFFF;

    public const byte LOADED_HIGH = 1 << 0;
    public const byte CAN_USE_HEAP = 1 << 7;
    public const ushort XLF_KERNEL_64 = 1 << 0;
    public const ushort XLF_CAN_BE_LOADED_ABOVE_4G = 1 << 1;

    /// <summary>Protocol 2.03: initrd_addr_max.</summary>
    public const ushort Version203 = 0x203;

    /// <summary>Protocol 2.05: relocatable_kernel and kernel_alignment.</summary>
    public const ushort Version205 = 0x205;

    /// <summary>Protocol 2.06: cmdline_size.</summary>
    public const ushort Version206 = 0x206;

    /// <summary>Protocol 2.10: pref_address and init_size.</summary>
    public const ushort Version210 = 0x20A;

    /// <summary>Protocol 2.12: xloadflags, and with them the 64-bit entry.</summary>
    public const ushort Version212 = 0x20C;

    /// <summary>The 64-bit entry lies this far into the protected-mode part.</summary>
    public const ulong Entry64Offset = 0x200;

    /// <summary>initrd_addr_max before 2.03.</summary>
    public const uint OldInitrdAddressMax = 0x37FF_FFFF;

    /// <summary>Longest command line before 2.06.</summary>
    public const int OldCommandLineSize = 255;
}
