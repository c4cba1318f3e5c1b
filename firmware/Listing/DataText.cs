using System.Text;

namespace Vmm.Firmware.Listing;

/// <summary>Writes data as a reader wants it: text in quotes, the rest as bytes, long runs of equal lines folded.</summary>
internal static class DataText
{
    /// <summary>Longer pieces are cut: nobody reads a page table to its end.</summary>
    private const int MaximumLines = 16;

    /// <summary>The lines for one piece of data.</summary>
    public static IEnumerable<DisassemblyLine> Lines(ulong address, ReadOnlyMemory<byte> bytes, int bytesPerLine)
    {
        if (IsText(bytes.Span))
        {
            yield return Line(address, bytes, Quote(bytes.Span));
            yield break;
        }
        ReadOnlyMemory<byte> previous = default;
        int folded = 0;
        int written = 0;
        for (int offset = 0; offset < bytes.Length; offset += bytesPerLine)
        {
            ReadOnlyMemory<byte> row = bytes.Slice(offset, Math.Min(bytesPerLine, bytes.Length - offset));
            if (row.Span.SequenceEqual(previous.Span))
            {
                folded++;
                continue;
            }
            if (folded > 0)
                yield return Fold(address + (ulong)offset, folded);
            folded = 0;
            previous = row;
            if (written++ == MaximumLines)
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

    private static DisassemblyLine Fold(ulong address, int lines) =>
        Remark(address, lines == 1 ? "the same again" : $"the same {lines} times more");

    private static DisassemblyLine Remark(ulong address, string text) =>
        new(DisassemblyLineKind.Remark, address, default, text);

    /// <summary>Printable characters and line ends, with zeros between texts and at the end.</summary>
    private static bool IsText(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> text = bytes.TrimEnd((byte)0);
        if (text.Length == 0 || text.Length == bytes.Length)
            return false;
        foreach (byte value in text)
        {
            if (value is (< 0x20 or > 0x7E) and not (byte)'\r' and not (byte)'\n' and not (byte)'\b' and not 0)
                return false;
        }
        return true;
    }

    private static string Quote(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.Latin1.GetString(bytes.TrimEnd((byte)0));
        return '"' + text.Replace("\r", "\\r").Replace("\n", "\\n").Replace("\b", "\\b").Replace("\0", "\", 0, \"") + "\", 0";
    }

    private static string Hex(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length * 3);
        foreach (byte value in bytes)
            text.Append(text.Length == 0 ? "" : " ").Append(value.ToString("x2"));
        return text.ToString();
    }
}
