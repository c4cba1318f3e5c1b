using System.Buffers.Binary;
using System.Text;

namespace Vmm.Firmware.Assembly;

/// <summary>
/// Texts, variables and tables at a fixed address. Each piece is placed at once and its address returned, so code of any
/// width refers to it by plain number.
/// </summary>
internal sealed class DataSection(string name, uint loadAddress, uint runAddress, int room)
{
    private readonly List<byte> _bytes = [];
    private readonly List<ImageMark> _marks = [];
    private readonly Dictionary<string, uint> _texts = [];

    public bool IsEmpty => _bytes.Count == 0;

    /// <summary>A text ended by a zero byte; a text already there is not stored twice.</summary>
    public uint Text(string text)
    {
        if (_texts.TryGetValue(text, out uint known))
            return known;
        byte[] bytes = new byte[Encoding.Latin1.GetByteCount(text) + 1];
        Encoding.Latin1.GetBytes(text, bytes);
        uint address = Add(LabelFor(text), bytes, alignment: 1);
        _texts.Add(text, address);
        return address;
    }

    /// <summary>A line of text, ended as a terminal wants it.</summary>
    public uint Line(string text) => Text(text + "\r\n");

    /// <summary>An 8-byte variable.</summary>
    public uint Variable(string variable, ulong initial = 0)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, initial);
        return Add(variable, bytes, alignment: sizeof(ulong));
    }

    /// <summary>Zeroed room.</summary>
    public uint Reserve(string buffer, int size, int alignment = 16) => Add(buffer, new byte[size], alignment);

    /// <summary>A ready table.</summary>
    public uint Add(string label, ReadOnlySpan<byte> bytes, int alignment)
    {
        while (_bytes.Count % alignment != 0)
            _bytes.Add(0);
        uint address = runAddress + (uint)_bytes.Count;
        _bytes.AddRange(bytes);
        if (_bytes.Count > room)
            throw new InvalidOperationException($"{name}: {_bytes.Count} bytes of data, room for {room}.");
        _marks.Add(new ImageMark(address, label, true));
        return address;
    }

    /// <summary>A label that tells which text it is: its first letters and digits, joined by underscores.</summary>
    private string LabelFor(string text)
    {
        const int longest = 20;
        var label = new StringBuilder("text", longest + 1);
        bool joined = true;
        foreach (char letter in text)
        {
            if (!char.IsAsciiLetterOrDigit(letter))
            {
                joined = true;
                continue;
            }
            if (joined)
                label.Append('_');
            joined = false;
            label.Append(char.ToLowerInvariant(letter));
            if (label.Length >= longest)
                break;
        }
        foreach (ImageMark mark in _marks)
        {
            if (label.Equals(mark.Text.AsSpan()))
                return $"{label}_{_texts.Count}";
        }
        return label.Length == 4 ? $"text_{_texts.Count}" : label.ToString();
    }

    public ImageSection Assemble() =>
        new(name, SectionKind.Data, loadAddress, runAddress, _bytes.ToArray(), _marks);
}
