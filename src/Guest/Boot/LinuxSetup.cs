using System.Buffers.Binary;
using static Vmm.Guest.Boot.SetupHeader;

namespace Vmm.Guest.Boot;

/// <summary>A bzImage's setup header, checked, with the defaults of older protocol versions filled in.</summary>
internal readonly ref struct LinuxSetup
{
    private readonly ReadOnlySpan<byte> _head;

    private LinuxSetup(ReadOnlySpan<byte> head) => _head = head;

    /// <summary>The image's first bytes.</summary>
    public ReadOnlySpan<byte> Head => _head;

    /// <summary>Protocol version, 0x20C for 2.12.</summary>
    public ushort ProtocolVersion { get; private init; }

    /// <summary>Bytes of boot sector and 16-bit setup code, after which the protected-mode part begins.</summary>
    public ulong SetupSize { get; private init; }

    /// <summary>Bytes of the protected-mode part.</summary>
    public ulong PayloadSize { get; private init; }

    /// <summary>Whether there is a 64-bit entry.</summary>
    public bool Has64BitEntry { get; private init; }

    /// <summary>Whether the initrd may lie above 4 GiB.</summary>
    public bool ReachesAbove4G { get; private init; }

    /// <summary>code32_start; 0 when there is no 32-bit entry.</summary>
    public uint ProtectedStart => U32(Code32Start);

    /// <summary>Whether the protected-mode part goes to 1 MiB or above.</summary>
    public bool IsLoadedHigh => (_head[LoadFlags] & LOADED_HIGH) != 0;

    /// <summary>Whether it may be loaded anywhere.</summary>
    public bool IsRelocatable => ProtocolVersion >= Version205 && _head[RelocatableKernel] != 0;

    /// <summary>Alignment that a relocated kernel needs.</summary>
    public uint Alignment { get; private init; }

    /// <summary>Where the kernel would best be loaded.</summary>
    public ulong PreferredStart { get; private init; }

    /// <summary>RAM it needs from there, before it can look at the memory map.</summary>
    public ulong RuntimeSize { get; private init; }

    /// <summary>The first address the initrd must not reach.</summary>
    public ulong InitrdLimit => (ProtocolVersion >= Version203 ? U32(InitrdAddressMax) : OldInitrdAddressMax) + 1UL;

    /// <summary>Longest command line, without the NUL.</summary>
    public int CommandLineLimit { get; private init; }

    /// <summary>Whether an image has a setup header.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) =>
        head.Length >= Code32Start + sizeof(uint) && BinaryPrimitives.ReadUInt32LittleEndian(head[HeaderMagic..]) == MagicValue;

    /// <summary>Reads and checks the header.</summary>
    /// <exception cref="BootException">A field is impossible or the file is cut short.</exception>
    public static LinuxSetup Parse(ImageReader reader, ReadOnlySpan<byte> head)
    {
        if (!Matches(head))
            throw reader.Fault("setup header: \"HdrS\" is not at offset 0x202, so this is no bzImage");
        ushort bootFlag = U16At(head, BootFlag);
        if (bootFlag != BootFlagValue)
            throw reader.Fault($"setup header: boot_flag 0x{bootFlag:x} is not 0xaa55");
        if (head.Length < InitSize + sizeof(uint))
            throw reader.Fault($"setup header: the file ends inside it, after 0x{reader.Length:x} bytes");
        ushort version = U16At(head, SetupHeader.ProtocolVersion);
        ulong setupSize = (ulong)((head[SetupSectors] == 0 ? DefaultSetupSectors : head[SetupSectors]) + 1) * SectorSize;
        if (setupSize >= reader.Length)
            throw reader.Fault($"setup header: setup_sects {head[SetupSectors]} leaves no kernel in a file of 0x{reader.Length:x} bytes");

        ushort flags = version >= Version212 ? U16At(head, ExtendedLoadFlags) : (ushort)0;
        uint alignment = version >= Version205 ? U32At(head, KernelAlignment) : 0;
        ulong payload = PayloadIn(reader, U32At(head, SystemSize), setupSize);
        int commandLine = version >= Version206 ? (int)Math.Min(U32At(head, CommandLineSize), KernelCommandLine.GeneralLimit) : 0;
        return new LinuxSetup(head)
        {
            ProtocolVersion = version,
            SetupSize = setupSize,
            PayloadSize = payload,
            Has64BitEntry = (flags & XLF_KERNEL_64) != 0,
            ReachesAbove4G = (flags & XLF_CAN_BE_LOADED_ABOVE_4G) != 0,
            Alignment = System.Numerics.BitOperations.IsPow2(alignment) ? alignment : 0,
            PreferredStart = version >= Version210 ? BinaryPrimitives.ReadUInt64LittleEndian(head[PreferredAddress..]) : U32At(head, Code32Start),
            RuntimeSize = Math.Max(payload, version >= Version210 ? U32At(head, InitSize) : 0),
            CommandLineLimit = commandLine == 0 ? OldCommandLineSize : commandLine,
        };
    }

    /// <summary>syssize rounds up to paragraphs, and signatures may follow the kernel: the file decides within a paragraph.</summary>
    private static ulong PayloadIn(ImageReader reader, uint systemSize, ulong setupSize)
    {
        ulong inFile = reader.Length - setupSize;
        ulong declared = (ulong)systemSize * Paragraph;
        if (declared == 0)
            throw reader.Fault("setup header: syssize is 0");
        if (declared > inFile && declared - inFile >= Paragraph)
            throw reader.Fault($"setup header: syssize 0x{systemSize:x} means a kernel of 0x{declared:x} bytes, but the file has only 0x{inFile:x} after the setup code; it is truncated");
        return Math.Min(declared, inFile);
    }

    private uint U32(int offset) => U32At(_head, offset);

    private static uint U32At(ReadOnlySpan<byte> head, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(head[offset..]);

    private static ushort U16At(ReadOnlySpan<byte> head, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(head[offset..]);
}
