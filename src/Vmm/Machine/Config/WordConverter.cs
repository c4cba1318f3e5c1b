using System.Text.Json;

namespace Vmm.Machine.Config;

/// <summary>An enumeration as its word.</summary>
internal sealed class WordConverter<T>() : ScalarConverter<T>(Word.Parse<T>, "one of " + Word.All<T>())
    where T : struct, Enum
{
    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Word.Of(value));
}
