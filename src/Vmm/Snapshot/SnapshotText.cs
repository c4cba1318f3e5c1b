using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Vmm.Snapshot;

/// <summary>
/// Reads a snapshot's JSON, strictly. That a name comes twice in one object is found here and not by the serializer, whose own
/// check loads OpenSSL for a random number: a fifth of the time that a restore takes.
/// </summary>
internal static class SnapshotText
{
    private const int DeepestNesting = 64;

    /// <summary>Reads a value.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="type">What it has to be.</param>
    /// <returns>Null where the JSON says null.</returns>
    /// <exception cref="JsonException">It is not that, or no JSON, or has a name twice.</exception>
    public static T? Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type) where T : class
    {
        RefuseDoubleNames(json);
        return JsonSerializer.Deserialize(json, type);
    }

    /// <summary>Reads a text whose fields are looked at one by one.</summary>
    /// <param name="json">UTF-8.</param>
    /// <exception cref="JsonException">It is no JSON, or has a name twice.</exception>
    public static JsonElement Parse(ReadOnlySpan<byte> json)
    {
        RefuseDoubleNames(json);
        return JsonElement.Parse(json);
    }

    private static void RefuseDoubleNames(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = DeepestNesting });
        NameSums names = new();
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartObject)
                names.Open();
            else if (reader.TokenType == JsonTokenType.EndObject)
                names.Close();
            else if (reader.TokenType == JsonTokenType.PropertyName && !names.Add(Sum(ref reader)))
                throw new JsonException($"the field '{Machine.Config.Printable.Escape(reader.GetString()!)}' comes twice in one object");
        }
    }

    /// <summary>
    /// A name's hash: thousands of names are not worth a string each. Two names of one hash do not happen by chance, and whoever
    /// makes such a pair on purpose has a file that is refused.
    /// </summary>
    private static ulong Sum(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped && Utf8.IsValid(reader.ValueSpan))
            return XxHash3.HashToUInt64(reader.ValueSpan);
        try
        {
            return XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(reader.GetString()!));
        }
        catch (InvalidOperationException wrong)
        {
            // Half of a surrogate pair, written as \ud800, is JSON but no text; nor are bytes that are no UTF-8.
            throw new JsonException("a field's name is no text", wrong);
        }
    }
}
