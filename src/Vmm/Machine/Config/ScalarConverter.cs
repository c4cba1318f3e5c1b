using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>Values that are written in JSON as the very string that the command line takes.</summary>
/// <param name="parse">Throws <see cref="FormatException"/> with what is wrong.</param>
/// <param name="form">What is expected, for the message when there is something else.</param>
internal abstract class ScalarConverter<T>(Func<string, T> parse, string form) : JsonConverter<T>
    where T : notnull
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return reader.TokenType switch
            {
                JsonTokenType.String => parse(reader.GetString()!),
                JsonTokenType.Number when AllowsNumber => parse(System.Text.Encoding.UTF8.GetString(reader.ValueSpan)),
                _ => throw new JsonException("expected " + form),
            };
        }
        catch (FormatException wrong)
        {
            throw new JsonException(wrong.Message, wrong);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());

    /// <summary>Whether a plain number will do.</summary>
    protected virtual bool AllowsNumber => false;
}
