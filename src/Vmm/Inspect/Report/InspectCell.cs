using System.Globalization;
using System.Text.Json.Serialization;

namespace Vmm.Inspect.Report;

/// <summary>One fact: a text, a number, or several words. In JSON it is just that.</summary>
[JsonConverter(typeof(InspectCellConverter))]
internal sealed record InspectCell
{
    private InspectCell(string text) => Text = text;

    /// <summary>As people read it.</summary>
    public string Text { get; }

    /// <summary>The number, where it is one.</summary>
    public long? Number { get; private init; }

    /// <summary>The words, where there are several or could be.</summary>
    public IReadOnlyList<string>? Words { get; private init; }

    /// <summary>Nothing to say.</summary>
    public static InspectCell None { get; } = new("");

    /// <summary>An address or a register: <c>0x1f</c>.</summary>
    public static InspectCell Hex(ulong value) => new(string.Create(CultureInfo.InvariantCulture, $"0x{value:x}"));

    /// <summary>A register with all its digits.</summary>
    /// <param name="value">The value.</param>
    /// <param name="digits">How many.</param>
    public static InspectCell Hex(ulong value, int digits) => new("0x" + value.ToString("x", CultureInfo.InvariantCulture).PadLeft(digits, '0'));

    /// <summary>A count.</summary>
    public static InspectCell Of(long value) => new(value.ToString(CultureInfo.InvariantCulture)) { Number = value };

    /// <summary>Words, such as flags.</summary>
    public static InspectCell Of(IReadOnlyList<string> words) => new(string.Join(' ', words)) { Words = words };

    /// <summary>A text.</summary>
    public static implicit operator InspectCell(string text) => new(text);

    /// <summary>A count.</summary>
    public static implicit operator InspectCell(long value) => Of(value);
}
