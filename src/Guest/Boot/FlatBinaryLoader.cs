using Vmm.Guest.Cpu;
using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>Loads raw bytes and enters them in real mode; <see cref="FlatBinaryOptions"/> says where.</summary>
internal static class FlatBinaryLoader
{
    private const int BootSectorSize = 512;

    /// <summary>Where a BIOS loads a boot sector.</summary>
    private const ulong BootSectorAddress = 0x7C00;

    /// <summary>The first hard disk, as a BIOS passes it in DL.</summary>
    private const ulong FirstDisk = 0x80;

    /// <summary>Where anything else is loaded: a 64 KiB boundary, so that the whole segment is its own.</summary>
    private const ulong ProgramAddress = 0x1_0000;

    /// <summary>Stack of a program: below it, in its own segment when that is long enough.</summary>
    private const ulong ProgramStack = 0x8000;

    /// <summary>What real mode reaches through a segment register.</summary>
    private const ulong RealModeEnd = 0x10_0000;

    /// <summary>Loads the bytes.</summary>
    public static BootPlan Load(ImageReader reader, ReadOnlySpan<byte> head, BootRequest request, LoadMap map)
    {
        if (request.Initrd is not null || request.Modules.Count > 0)
            throw reader.Fault("a flat binary can be given neither an initrd nor modules; it would not know where they are");
        bool isBootSector = reader.Length == BootSectorSize && head[BootSectorSize - 2] == 0x55 && head[BootSectorSize - 1] == 0xAA;
        ulong start = request.Flat.LoadAddress?.Value ?? (isBootSector ? BootSectorAddress : ProgramAddress);
        ulong entry = request.Flat.Entry?.Value ?? start;
        map.Claim(reader.Name, "flat binary", start, reader.Length);
        if (entry < start || entry - start >= reader.Length)
            throw reader.Fault($"flat binary: entry point 0x{entry:x} is outside what was loaded (0x{start:x}–0x{start + reader.Length - 1:x})");
        if (entry >= RealModeEnd)
            throw reader.Fault($"flat binary: entry point 0x{entry:x} is beyond 1 MiB, but it is entered in real mode");
        reader.Load(map.Memory, new GuestAddress(start), 0, reader.Length, "flat binary");

        // A program gets CS = entry / 16 and IP = the rest; a boot sector is entered at 0000:7C00, as a BIOS does.
        ushort segment = isBootSector && entry < ProgramAddress ? (ushort)0 : (ushort)(entry >> 4);
        var registers = new GeneralRegisters
        {
            Rip = entry - ((ulong)segment << 4),
            Rsp = isBootSector ? BootSectorAddress : ProgramStack,
            Rdx = isBootSector ? FirstDisk : 0,
        };
        return new BootPlan(BootProtocol.Flat, CpuStart.Real(segment, registers), new GuestAddress(entry), map.Ranges);
    }
}
