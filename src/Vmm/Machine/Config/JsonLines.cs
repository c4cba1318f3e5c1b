using System.Text.Json;

namespace Vmm.Machine.Config;

/// <summary>Finds the line on which a field of a JSON document stands, for errors that only show once everything is read.</summary>
internal static class JsonLines
{
    private static readonly JsonReaderOptions s_options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The line, from 1, or null when the field is not written there.</summary>
    /// <param name="json">A document that has been read without error.</param>
    /// <param name="field">Such as <c>cpus.count</c> or <c>disk[1].path</c>. A field that is missing inside one that is there is looked for one level up.</param>
    public static int? Find(ReadOnlySpan<byte> json, string field)
    {
        while (field.Length > 0)
        {
            if (Offset(json, field) is long offset)
                return 1 + json[..(int)offset].Count((byte)'\n');
            int cut = field.LastIndexOfAny(['.', '[']);
            field = cut < 0 ? "" : field[..cut];
        }
        return null;
    }

    private static long? Offset(ReadOnlySpan<byte> json, string field)
    {
        Utf8JsonReader reader = new(json, s_options);
        Stack<(string Path, int Index)> open = new();
        string path = "";
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                path = open.Pop().Path;
                continue;
            }
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                string owner = open.Peek().Path;
                path = owner.Length == 0 ? reader.GetString()! : $"{owner}.{reader.GetString()}";
            }
            else if (open.TryPeek(out (string Path, int Index) list) && list.Index >= 0)
            {
                open.Pop();
                open.Push((list.Path, list.Index + 1));
                path = $"{list.Path}[{list.Index}]";
            }
            if (path == field)
                return reader.TokenStartIndex;
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                open.Push((path, reader.TokenType == JsonTokenType.StartArray ? 0 : -1));
        }
        return null;
    }
}
