using System.Buffers.Binary;
using Vmm.Guest.Memory;
using static Vmm.Guest.Boot.ElfConstants;

namespace Vmm.Guest.Boot;

/// <summary>An ELF executable for a 32- or 64-bit x86: its header and program headers, checked, and its loading.</summary>
internal sealed class ElfImage
{
    private readonly ImageReader _reader;
    private readonly ElfSegment[] _segments;

    private ElfImage(ImageReader reader, bool is64, ulong entry, ElfSegment[] segments)
    {
        _reader = reader;
        Is64 = is64;
        Entry = entry;
        _segments = segments;
    }

    /// <summary>Whether it is of class 64.</summary>
    public bool Is64 { get; }

    /// <summary>e_entry.</summary>
    public ulong Entry { get; }

    /// <summary>The program headers.</summary>
    public ReadOnlySpan<ElfSegment> Segments => _segments;

    /// <summary>The file it is in.</summary>
    public ImageReader Reader => _reader;

    /// <summary>Whether an image begins as an ELF does.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) =>
        head.Length >= sizeof(uint) && BinaryPrimitives.ReadUInt32LittleEndian(head) == Magic;

    /// <summary>Reads and checks the headers.</summary>
    public static ElfImage Parse(ImageReader reader)
    {
        Span<byte> header = stackalloc byte[Header64Size];
        header.Clear();
        reader.Read(0, header[..Header32Size], "ELF header");
        if (!Matches(header))
            throw reader.Fault($"ELF header: magic 0x{BinaryPrimitives.ReadUInt32LittleEndian(header):x8} is not 0x{Magic:x8}");
        bool is64 = header[IdentClass] switch
        {
            ELFCLASS32 => false,
            ELFCLASS64 => true,
            byte other => throw reader.Fault($"ELF header: class {other} is neither 1 (32 bits) nor 2 (64 bits)"),
        };
        if (header[IdentData] != ELFDATA2LSB)
            throw reader.Fault($"ELF header: data encoding {header[IdentData]} is not 1 (little-endian)");
        if (header[IdentVersion] != EV_CURRENT)
            throw reader.Fault($"ELF header: version {header[IdentVersion]} is not 1");
        if (is64)
            reader.Read(0, header, "ELF header");

        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(header[16..]);
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        if (type is not (ET_EXEC or ET_DYN))
            throw reader.Fault($"ELF header: type {type} is not an executable (2 or 3)");
        if (machine != EM_X86_64 && (is64 || machine != EM_386))
            throw reader.Fault($"ELF header: machine {machine} is not {(is64 ? "62 (x86-64)" : "3 (i386)")}");
        ulong entry = is64 ? BinaryPrimitives.ReadUInt64LittleEndian(header[24..]) : BinaryPrimitives.ReadUInt32LittleEndian(header[24..]);
        return new ElfImage(reader, is64, entry, ReadSegments(reader, header, is64));
    }

    /// <summary>Loads every PT_LOAD segment to its physical address.</summary>
    /// <exception cref="BootException">A segment leaves the file or RAM, or overlaps something.</exception>
    public void Load(LoadMap map, bool ramIsZero)
    {
        int loaded = 0;
        foreach (ref readonly ElfSegment segment in Segments)
        {
            if (segment.Type != PT_LOAD || segment.MemorySize == 0)
                continue;
            string name = $"segment {segment.Index}";
            if (segment.FileSize > segment.MemorySize)
                throw Fault(segment, $"p_filesz 0x{segment.FileSize:x} is more than p_memsz 0x{segment.MemorySize:x}");
            if (!_reader.Holds(segment.Offset, segment.FileSize))
                throw Fault(segment, $"0x{segment.FileSize:x} bytes at offset 0x{segment.Offset:x} end past the end of the file (0x{_reader.Length:x} bytes)");
            if (segment.MemorySize - 1 > ulong.MaxValue - segment.PhysicalAddress)
                throw Fault(segment, $"segment 0x{segment.PhysicalAddress:x} with p_memsz 0x{segment.MemorySize:x} wraps around the address space");
            if (!map.Memory.Contains(new GuestAddress(segment.PhysicalAddress), segment.MemorySize))
                throw Fault(segment, $"segment 0x{segment.PhysicalAddress:x}–0x{segment.PhysicalAddress + (segment.MemorySize - 1):x} leaves RAM ({map.DescribeRam()})");
            map.Claim(_reader.Name, name, segment.PhysicalAddress, segment.MemorySize);
            var start = new GuestAddress(segment.PhysicalAddress);
            _reader.Load(map.Memory, start, segment.Offset, segment.FileSize, name);
            if (!ramIsZero)
                map.Memory.TryClear(start + segment.FileSize, segment.MemorySize - segment.FileSize);
            loaded++;
        }
        if (loaded == 0)
            throw _reader.Fault("program headers: no PT_LOAD segment, so there is nothing to load");
    }

    /// <summary>Refuses an entry point outside every loaded segment.</summary>
    public void CheckEntry(ulong entry, string field)
    {
        foreach (ref readonly ElfSegment segment in Segments)
        {
            if (segment.Type == PT_LOAD && entry >= segment.PhysicalAddress && entry - segment.PhysicalAddress < segment.MemorySize)
                return;
        }
        throw _reader.Fault($"{field}: entry point 0x{entry:x} is outside every loaded segment");
    }

    /// <summary>
    /// e_entry as a physical address: as it is when a segment's physical range has it, else translated through the segment
    /// whose virtual range has it, as other loaders do for kernels linked to a high address.
    /// </summary>
    public ulong ResolveEntry(string field)
    {
        foreach (ref readonly ElfSegment segment in Segments)
        {
            if (segment.Type == PT_LOAD && Entry >= segment.PhysicalAddress && Entry - segment.PhysicalAddress < segment.MemorySize)
                return Entry;
        }
        foreach (ref readonly ElfSegment segment in Segments)
        {
            if (segment.Type == PT_LOAD && Entry >= segment.VirtualAddress && Entry - segment.VirtualAddress < segment.MemorySize)
                return unchecked(segment.PhysicalAddress + (Entry - segment.VirtualAddress));
        }
        throw _reader.Fault($"{field}: entry point 0x{Entry:x} is outside every loaded segment");
    }

    private BootException Fault(in ElfSegment segment, string problem) => _reader.Fault($"program header {segment.Index}: {problem}");

    private static ElfSegment[] ReadSegments(ImageReader reader, ReadOnlySpan<byte> header, bool is64)
    {
        ulong offset = is64 ? BinaryPrimitives.ReadUInt64LittleEndian(header[32..]) : BinaryPrimitives.ReadUInt32LittleEndian(header[28..]);
        ReadOnlySpan<byte> counts = header[(is64 ? 54 : 42)..];
        ushort entrySize = BinaryPrimitives.ReadUInt16LittleEndian(counts);
        ushort count = BinaryPrimitives.ReadUInt16LittleEndian(counts[2..]);
        int wanted = is64 ? ProgramHeader64Size : ProgramHeader32Size;
        if (count == 0)
            throw reader.Fault("ELF header: e_phnum is 0, so there is nothing to load");
        if (count > MaximumProgramHeaders)
            throw reader.Fault($"ELF header: e_phnum {count} is over {MaximumProgramHeaders}");
        if (entrySize != wanted)
            throw reader.Fault($"ELF header: e_phentsize {entrySize} is not {wanted}");

        byte[] table = new byte[count * wanted];
        reader.Read(offset, table, $"program header table ({count} entries)");
        var segments = new ElfSegment[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = table.AsSpan(i * wanted, wanted);
            segments[i] = is64 ? Parse64(i, entry) : Parse32(i, entry);
        }
        return segments;
    }

    private static ElfSegment Parse64(int index, ReadOnlySpan<byte> entry) => new(
        index,
        BinaryPrimitives.ReadUInt32LittleEndian(entry),
        BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(entry[24..]),
        BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]),
        BinaryPrimitives.ReadUInt64LittleEndian(entry[40..]),
        BinaryPrimitives.ReadUInt64LittleEndian(entry[48..]));

    private static ElfSegment Parse32(int index, ReadOnlySpan<byte> entry) => new(
        index,
        BinaryPrimitives.ReadUInt32LittleEndian(entry),
        BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]),
        BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]),
        BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]),
        BinaryPrimitives.ReadUInt32LittleEndian(entry[28..]));
}
