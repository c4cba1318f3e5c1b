using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vmm.Inspect.Report;

/// <summary>A fact as JSON: a string, a number, or an array of strings.</summary>
internal sealed class InspectCellConverter : JsonConverter<InspectCell>
{
    /// <inheritdoc/>
    public override InspectCell Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                return InspectCell.Of(reader.GetInt64());
            case JsonTokenType.String:
                return reader.GetString()!;
            case JsonTokenType.StartArray:
                List<string> words = [];
                while (reader.Read() && reader.TokenType == JsonTokenType.String)
                    words.Add(reader.GetString()!);
                if (reader.TokenType == JsonTokenType.EndArray)
                    return InspectCell.Of(words);
                break;
        }
        throw new JsonException("a fact is a text, a number or words");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, InspectCell value, JsonSerializerOptions options) => Write(writer, value);

    /// <summary>Writes one.</summary>
    public static void Write(Utf8JsonWriter writer, InspectCell value)
    {
        if (value.Number is long number)
        {
            writer.WriteNumberValue(number);
        }
        else if (value.Words is { } words)
        {
            writer.WriteStartArray();
            foreach (string word in words)
                writer.WriteStringValue(word);
            writer.WriteEndArray();
        }
        else
        {
            writer.WriteStringValue(value.Text);
        }
    }
}
