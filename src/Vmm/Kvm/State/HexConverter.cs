using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vmm.Kvm.State;

/// <summary>A register as people write it: <c>"0xfee00000"</c>.</summary>
internal sealed class HexConverter : JsonConverter<ulong>
{
    /// <summary>0x and 16 digits, each written as \u0030 if need be; what is longer is none of ours.</summary>
    private const int Longest = 18 * 6;

    private static ReadOnlySpan<byte> Prefix => "0x"u8;

    /// <inheritdoc/>
    public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // A snapshot has thousands of these: none of them becomes a string on its way.
        Span<byte> buffer = stackalloc byte[Longest];
        ReadOnlySpan<byte> text = reader.TokenType == JsonTokenType.String && Length(reader) <= Longest ? buffer[..reader.CopyString(buffer)] : [];
        return text.StartsWith(Prefix) && ulong.TryParse(text[Prefix.Length..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw new JsonException("a register is written as \"0x1f\"");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options) =>
        writer.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"0x{value:x}"));

    private static long Length(in Utf8JsonReader reader) => reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
}
