using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vmm.Kvm.State;

/// <summary>A register as people write it: <c>"0xfee00000"</c>.</summary>
internal sealed class HexConverter : JsonConverter<ulong>
{
    /// <summary>0x and 16 digits, each written as \u0030 if need be; what is longer is none of ours.</summary>
    private const int Longest = 18 * 6;

    private const char Hexadecimal = 'x';

    private static ReadOnlySpan<byte> Prefix => "0x"u8;

    /// <inheritdoc/>
    public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options) => Write(writer, value);

    /// <summary>Reads one.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static ulong Read(ref Utf8JsonReader reader)
    {
        // A snapshot has thousands of these: none of them becomes a string on its way.
        Span<byte> buffer = stackalloc byte[Longest];
        ReadOnlySpan<byte> text = reader.TokenType == JsonTokenType.String && Length(reader) <= Longest ? buffer[..reader.CopyString(buffer)] : [];
        return text.StartsWith(Prefix) && Utf8Parser.TryParse(text[Prefix.Length..], out ulong value, out int digits, Hexadecimal) && digits == text.Length - Prefix.Length
            ? value
            : throw new JsonException("a register is written as \"0x1f\"");
    }

    /// <summary>Writes one.</summary>
    public static void Write(Utf8JsonWriter writer, ulong value)
    {
        Span<byte> text = stackalloc byte[Longest];
        Prefix.CopyTo(text);
        _ = Utf8Formatter.TryFormat(value, text[Prefix.Length..], out int digits, Hexadecimal);
        writer.WriteStringValue(text[..(Prefix.Length + digits)]);
    }

    private static long Length(in Utf8JsonReader reader) => reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
}
