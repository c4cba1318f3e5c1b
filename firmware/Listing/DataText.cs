using System.Text;

namespace Vmm.Firmware.Listing;

/// <summary>Writes data as a reader wants it: text in quotes, a line at a time; the rest as bytes, equal rows folded.</summary>
internal static class DataText
{
    private const int BytesPerRow = 16;

    /// <summary>Longer pieces are cut: nobody reads a page table to its end.</summary>
    private const int MaximumRows = 16;

    /// <summary>The lines for one piece of data.</summary>
    public static IEnumerable<DisassemblyLine> Lines(ulong address, ReadOnlyMemory<byte> bytes) =>
        IsText(bytes.Span) ? TextLines(address, bytes) : ByteLines(address, bytes);

    /// <summary>A row ends behind a line feed or a zero.</summary>
    private static IEnumerable<DisassemblyLine> TextLines(ulong address, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int end = bytes.Span.IndexOfAny((byte)'\n', (byte)0) + 1;
            int zeros = bytes.Span[end..].IndexOfAnyExcept((byte)0);
            end += zeros < 0 ? bytes.Length - end : zeros;
            yield return Line(address, bytes[..end], Quote(bytes.Span[..end]));
            address += (ulong)end;
            bytes = bytes[end..];
        }
    }

    private static IEnumerable<DisassemblyLine> ByteLines(ulong address, ReadOnlyMemory<byte> bytes)
    {
        ReadOnlyMemory<byte> previous = default;
        int folded = 0;
        int written = 0;
        for (int offset = 0; offset < bytes.Length; offset += BytesPerRow)
        {
            ReadOnlyMemory<byte> row = bytes.Slice(offset, Math.Min(BytesPerRow, bytes.Length - offset));
            if (row.Span.SequenceEqual(previous.Span))
            {
                folded++;
                continue;
            }
            if (folded > 0)
                yield return Fold(address + (ulong)offset, folded);
            folded = 0;
            previous = row;
            if (written++ == MaximumRows)
            {
                yield return Remark(address + (ulong)offset, $"and so on: {bytes.Length - offset} bytes more");
                yield break;
            }
            yield return Line(address + (ulong)offset, row, Hex(row.Span));
        }
        if (folded > 0)
            yield return Fold(address + (ulong)bytes.Length, folded);
    }

    private static DisassemblyLine Line(ulong address, ReadOnlyMemory<byte> bytes, string text) =>
        new(DisassemblyLineKind.Data, address, bytes, text);

    private static DisassemblyLine Fold(ulong address, int rows) =>
        Remark(address, rows == 1 ? "the same again" : $"the same {rows} times more");

    private static DisassemblyLine Remark(ulong address, string text) =>
        new(DisassemblyLineKind.Remark, address, default, text);

    /// <summary>Printable characters and line ends, with zeros between texts and one at least at the end.</summary>
    private static bool IsText(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> text = bytes.TrimEnd((byte)0);
        if (text.Length == 0 || text.Length == bytes.Length)
            return false;
        foreach (byte value in text)
        {
            bool isControl = value is (byte)'\r' or (byte)'\n' or (byte)'\b' or 0;
            if (!isControl && value is < 0x20 or > 0x7E)
                return false;
        }
        return true;
    }

    private static string Quote(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> text = bytes.TrimEnd((byte)0);
        string quoted = Encoding.Latin1.GetString(text)
            .Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\r", "\\r").Replace("\n", "\\n").Replace("\b", "\\b");
        return text.Length == bytes.Length ? $"\"{quoted}\"" : $"\"{quoted}\", 0";
    }

    private static string Hex(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length * 3);
        foreach (byte value in bytes)
            text.Append(text.Length == 0 ? "" : " ").Append(value.ToString("x2"));
        return text.ToString();
    }
}
