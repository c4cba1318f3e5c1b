using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Vmm.Machine.Config;

namespace Vmm.Snapshot.State;

/// <summary>
/// Reads the list of sections, strictly. By hand, for a guest waits for it: each section's state stays a part of the one text that was
/// parsed, where the serializer would parse it once more.
/// </summary>
internal static class SavedStateText
{
    private const string State = "state";
    private const string Section = "section";

    /// <summary>Characters of a wrong value in a message.</summary>
    private const int Longest = 40;

    /// <summary>Reads it.</summary>
    /// <param name="json">UTF-8.</param>
    /// <exception cref="JsonException">It is no such list; the message names the field.</exception>
    public static SavedState Read(ReadOnlySpan<byte> json)
    {
        (string? architecture, List<StateSection>? sections) = (null, null);
        foreach (JsonProperty field in Fields(SnapshotText.Parse(json), State))
        {
            if (field.NameEquals("architecture"u8))
                architecture = Text(field);
            else if (field.NameEquals("sections"u8))
                sections = [.. Of(field, JsonValueKind.Array).EnumerateArray().Select(ReadSection)];
            else
                throw Unknown(field, State);
        }
        return new SavedState(architecture ?? throw Missing("architecture", State), sections ?? throw Missing("sections", State));
    }

    private static StateSection ReadSection(JsonElement section)
    {
        (string? name, int? version, JsonElement? state) = (null, null, null);
        foreach (JsonProperty field in Fields(section, Section))
        {
            if (field.NameEquals("name"u8))
                name = Text(field);
            else if (field.NameEquals("version"u8))
                version = Of(field, JsonValueKind.Number).TryGetInt32(out int number) ? number : throw Wrong(field);
            else if (field.NameEquals("state"u8))
                state = field.Value;
            else
                throw Unknown(field, Section);
        }
        return new StateSection(name ?? throw Missing("name", Section), version ?? throw Missing("version", Section), state ?? throw Missing("state", Section));
    }

    private static JsonElement.ObjectEnumerator Fields(JsonElement element, string what) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject(),
        JsonValueKind.Null => throw new JsonException($"null is no {what}: the state is damaged"),
        _ => throw new JsonException($"a {what} is an object and not {Shortened(Raw(element))}"),
    };

    private static JsonElement Of(JsonProperty field, JsonValueKind kind) => field.Value.ValueKind == kind ? field.Value : throw Wrong(field);

    private static string Text(JsonProperty field)
    {
        try
        {
            return Of(field, JsonValueKind.String).GetString()!;
        }
        catch (InvalidOperationException wrong)
        {
            // Half of a surrogate pair, or bytes that are no UTF-8.
            throw new JsonException($"'{field.Name}' is no text", wrong);
        }
    }

    private static JsonException Wrong(JsonProperty field) => new($"'{field.Name}' cannot be {Shortened(Raw(field.Value))}");

    private static JsonException Unknown(JsonProperty field, string what) => new($"a {what} has the field '{Shortened(field.Name)}', which this vmm does not know");

    private static JsonException Missing(string field, string what) => new($"a {what} has no '{field}'");

    /// <summary>As it stands there, whatever bytes that are.</summary>
    private static string Raw(JsonElement element) => Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(element));

    private static string Shortened(string text) => Printable.Escape(text.Length <= Longest ? text : $"{text[..Longest]}…");
}
