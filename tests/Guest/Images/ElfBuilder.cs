using System.Buffers.Binary;

namespace Vmm.Tests.Guest.Images;

/// <summary>Builds small ELF files, right or wrong, field by field.</summary>
internal sealed class ElfBuilder(bool is64)
{
    private readonly List<(uint Type, ulong Address, byte[] Data, ulong MemorySize)> _segments = [];

    public ulong Entry { get; set; }

    public ElfBuilder Load(ulong address, byte[] data, ulong? memorySize = null)
    {
        _segments.Add((1, address, data, memorySize ?? (ulong)data.Length));
        return this;
    }

    public ElfBuilder Note(string name, uint type, byte[] descriptor)
    {
        byte[] nameBytes = [.. System.Text.Encoding.ASCII.GetBytes(name), 0];
        byte[] note = new byte[12 + Align(nameBytes.Length) + Align(descriptor.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(note, nameBytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(note.AsSpan(4), descriptor.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(note.AsSpan(8), type);
        nameBytes.CopyTo(note, 12);
        descriptor.CopyTo(note, 12 + Align(nameBytes.Length));
        return RawNotes(note);
    }

    public ElfBuilder RawNotes(byte[] notes)
    {
        _segments.Add((4, 0, notes, (ulong)notes.Length));
        return this;
    }

    public ElfBuilder PvhNote(ulong entry)
    {
        byte[] descriptor = new byte[is64 ? 8 : 4];
        if (is64)
            BinaryPrimitives.WriteUInt64LittleEndian(descriptor, entry);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(descriptor, (uint)entry);
        return Note("Xen", 18, descriptor);
    }

    /// <summary>Offset of a field of program header <paramref name="index"/>; fields named as in the specification.</summary>
    public int ProgramHeaderField(int index, string field)
    {
        int start = is64 ? 64 + (index * 56) : 52 + (index * 32);
        return start + field switch
        {
            "p_type" => 0,
            "p_offset" => is64 ? 8 : 4,
            "p_paddr" => is64 ? 24 : 12,
            "p_filesz" => is64 ? 32 : 16,
            "p_memsz" => is64 ? 40 : 20,
            _ => throw new ArgumentException(field),
        };
    }

    public byte[] Build()
    {
        int headerSize = is64 ? 64 : 52;
        int entrySize = is64 ? 56 : 32;
        int dataAt = headerSize + (entrySize * _segments.Count);
        byte[] file = new byte[dataAt + _segments.Sum(s => s.Data.Length)];
        Span<byte> f = file;
        ((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F', (byte)(is64 ? 2 : 1), 1, 1]).CopyTo(f);
        BinaryPrimitives.WriteUInt16LittleEndian(f[16..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(f[18..], (ushort)(is64 ? 62 : 3));
        BinaryPrimitives.WriteUInt32LittleEndian(f[20..], 1);
        Word(f[24..], Entry);
        Word(f[(is64 ? 32 : 28)..], (ulong)headerSize);
        Span<byte> counts = f[(is64 ? 52 : 40)..];
        BinaryPrimitives.WriteUInt16LittleEndian(counts, (ushort)headerSize);
        BinaryPrimitives.WriteUInt16LittleEndian(counts[2..], (ushort)entrySize);
        BinaryPrimitives.WriteUInt16LittleEndian(counts[4..], (ushort)_segments.Count);
        for (int i = 0; i < _segments.Count; i++)
        {
            (uint type, ulong address, byte[] data, ulong memorySize) = _segments[i];
            Span<byte> p = f[(headerSize + (i * entrySize))..];
            BinaryPrimitives.WriteUInt32LittleEndian(p, type);
            Word(p[(is64 ? 8 : 4)..], (ulong)dataAt);
            Word(p[(is64 ? 16 : 8)..], address);
            Word(p[(is64 ? 24 : 12)..], address);
            Word(p[(is64 ? 32 : 16)..], (ulong)data.Length);
            Word(p[(is64 ? 40 : 20)..], memorySize);
            Word(p[(is64 ? 48 : 28)..], 4);
            data.CopyTo(f[dataAt..]);
            dataAt += data.Length;
        }
        return file;
    }

    private void Word(Span<byte> at, ulong value)
    {
        if (is64)
            BinaryPrimitives.WriteUInt64LittleEndian(at, value);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(at, (uint)value);
    }

    private static int Align(int length) => (length + 3) & ~3;
}
