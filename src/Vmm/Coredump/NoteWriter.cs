using System.Buffers.Binary;
using System.Text;

namespace Vmm.Coredump;

/// <summary>Writes ELF notes, one behind the other (System V gABI, chapter 5, note section).</summary>
internal sealed class NoteWriter
{
    private const int Alignment = 4;

    private readonly List<byte> _bytes = [];

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes);

    /// <summary>Adds a note.</summary>
    /// <param name="name">Whose it is; ASCII.</param>
    /// <param name="type">What it is, among those of that name.</param>
    /// <param name="content">What it says.</param>
    public void Add(string name, uint type, ReadOnlySpan<byte> content)
    {
        AddNumber((uint)name.Length + 1);
        AddNumber((uint)content.Length);
        AddNumber(type);
        _bytes.AddRange(Encoding.ASCII.GetBytes(name));
        _bytes.Add(0);
        Pad();
        _bytes.AddRange(content);
        Pad();
    }

    private void AddNumber(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
    }

    private void Pad()
    {
        while (_bytes.Count % Alignment != 0)
            _bytes.Add(0);
    }
}
