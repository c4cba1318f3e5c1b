using System.Buffers.Binary;
using Xunit;

namespace Vmm.Tests.Kvm.Firmware;

/// <summary>An ELF64 file read by the letter of the System V ABI, knowing nothing of how it was written.</summary>
internal sealed class ParsedElf
{
    private const uint PT_LOAD = 1;
    private const uint PT_NOTE = 4;
    private const uint XEN_ELFNOTE_PHYS32_ENTRY = 18;

    public ParsedElf(byte[] file)
    {
        Assert.Equal([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1], file[..7]);
        Assert.Equal(2, Read16(file, 16));
        Assert.Equal(62, Read16(file, 18));
        Assert.Equal(64, Read16(file, 52));
        Assert.Equal(56, Read16(file, 54));
        Entry = Read64(file, 24);
        int table = (int)Read64(file, 32);
        for (int i = 0; i < Read16(file, 56); i++)
            ReadSegment(file, table + i * 56);
    }

    public ulong Entry { get; }

    public List<Segment> Loads { get; } = [];

    public List<ulong> PvhEntries { get; } = [];

    private void ReadSegment(byte[] file, int at)
    {
        uint type = Read32(file, at);
        uint flags = Read32(file, at + 4);
        int offset = checked((int)Read64(file, at + 8));
        ulong address = Read64(file, at + 24);
        int fileSize = checked((int)Read64(file, at + 32));
        ulong memorySize = Read64(file, at + 40);
        Assert.InRange(offset, 0, file.Length);
        Assert.InRange(fileSize, 0, file.Length - offset);
        ReadOnlySpan<byte> content = file.AsSpan(offset, fileSize);
        if (type == PT_LOAD)
            Loads.Add(new Segment(address, memorySize, (flags & 1) != 0, content.ToArray()));
        else if (type == PT_NOTE)
            ReadNotes(content);
    }

    private void ReadNotes(ReadOnlySpan<byte> notes)
    {
        while (notes.Length >= 12)
        {
            int nameSize = (int)BinaryPrimitives.ReadUInt32LittleEndian(notes);
            int size = (int)BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            ReadOnlySpan<byte> name = notes.Slice(12, nameSize);
            int contentAt = 12 + (nameSize + 3) / 4 * 4;
            if (name.SequenceEqual("Xen\0"u8) && type == XEN_ELFNOTE_PHYS32_ENTRY)
            {
                Assert.Equal(8, size);
                PvhEntries.Add(BinaryPrimitives.ReadUInt64LittleEndian(notes[contentAt..]));
            }
            notes = notes[(contentAt + (size + 3) / 4 * 4)..];
        }
        Assert.Equal(0, notes.Length);
    }

    private static ushort Read16(byte[] file, int at) => BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at));

    private static uint Read32(byte[] file, int at) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));

    private static ulong Read64(byte[] file, int at) => BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));

    internal sealed record Segment(ulong Address, ulong MemorySize, bool Executable, byte[] Content)
    {
        public ulong End => Address + MemorySize;
    }
}
