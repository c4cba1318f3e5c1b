using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vmm.Kvm.State;

/// <summary>A register as people write it: <c>"0xfee00000"</c>.</summary>
internal sealed class HexConverter : JsonConverter<ulong>
{
    private const string Prefix = "0x";

    /// <inheritdoc/>
    public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string? text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return text is not null && text.StartsWith(Prefix, StringComparison.Ordinal) && ulong.TryParse(text.AsSpan(Prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw new JsonException("a register is written as \"0x1f\"");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options) =>
        writer.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{value:x}"));
}
