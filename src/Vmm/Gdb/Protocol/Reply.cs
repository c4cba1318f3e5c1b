using System.Buffers;
using System.Globalization;
using System.Text;

namespace Vmm.Gdb.Protocol;

/// <summary>The data of an answer, being put together. Empty means: not supported.</summary>
internal sealed class Reply
{
    private readonly ArrayBufferWriter<byte> _data = new(256);

    /// <summary>What is in it so far.</summary>
    public ReadOnlySpan<byte> Data => _data.WrittenSpan;

    /// <summary>Begins anew.</summary>
    public void Clear() => _data.ResetWrittenCount();

    /// <summary>Done as asked.</summary>
    public void Ok() => Text("OK");

    /// <summary>Not done. The debugger shows the number at best; it is errno's.</summary>
    public void Error(GdbError error) => Text($"E{(int)error:00}");

    /// <summary>Adds ASCII.</summary>
    public void Text(string text) => Raw(Encoding.ASCII.GetBytes(text));

    /// <summary>Adds a number.</summary>
    public void Number(ulong value) => Text(value.ToString("x", CultureInfo.InvariantCulture));

    /// <summary>Adds bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => _data.Write(bytes);

    /// <summary>Adds bytes as two digits each.</summary>
    public void Hex(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digits = _data.GetSpan(2 * bytes.Length);
        for (int i = 0; i < bytes.Length; i++)
        {
            digits[2 * i] = HexText.ToDigit(bytes[i] >> 4);
            digits[2 * i + 1] = HexText.ToDigit(bytes[i] & 0xf);
        }
        _data.Advance(2 * bytes.Length);
    }
}
