using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Vmm.Api;

/// <summary>
/// Turns the YAML of <c>docs/openapi.yaml</c> into JSON. It reads what that document uses, which a test holds: mappings and
/// lists by indentation, plain and double-quoted scalars, one-line lists in brackets, comments on lines of their own.
/// </summary>
internal sealed class YamlToJson
{
    private const string Item = "- ";

    private readonly List<(int Indent, string Text)> _lines = [];
    private readonly Utf8JsonWriter _json;
    private int _next;

    private YamlToJson(string yaml, Utf8JsonWriter json)
    {
        _json = json;
        foreach (string line in yaml.Split('\n'))
        {
            string text = line.Trim();
            if (text.Length > 0 && text[0] != '#')
                _lines.Add((line.Length - line.TrimStart().Length, text));
        }
    }

    /// <summary>Converts a document.</summary>
    public static string Convert(string yaml)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text, new() { Indented = true }))
            new YamlToJson(yaml, json).Block(0);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private void Block(int indent)
    {
        bool isList = _lines[_next].Text.StartsWith(Item, StringComparison.Ordinal);
        if (isList)
            _json.WriteStartArray();
        else
            _json.WriteStartObject();
        while (_next < _lines.Count && _lines[_next].Indent == indent)
        {
            if (isList)
                ListItem(indent);
            else
                Member(indent);
        }
        if (isList)
            _json.WriteEndArray();
        else
            _json.WriteEndObject();
    }

    private void ListItem(int indent)
    {
        string text = _lines[_next].Text[Item.Length..];
        if (KeyEnd(text) < 0)
        {
            _next++;
            Scalar(text);
            return;
        }
        // A mapping that begins on the item's own line, two columns further in.
        _lines[_next] = (indent + Item.Length, text);
        Block(indent + Item.Length);
    }

    private void Member(int indent)
    {
        string text = _lines[_next++].Text;
        int end = KeyEnd(text);
        _json.WritePropertyName(Unquote(text[..end]));
        string value = text[(end + 1)..].Trim();
        if (value.Length > 0)
            Scalar(value);
        else if (_next < _lines.Count && _lines[_next].Indent > indent)
            Block(_lines[_next].Indent);
        else
            _json.WriteNullValue();
    }

    private void Scalar(string text)
    {
        if (text[0] == '[')
        {
            _json.WriteStartArray();
            foreach (string part in text[1..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                Scalar(part);
            _json.WriteEndArray();
        }
        else if (text is "true" or "false")
            _json.WriteBooleanValue(text == "true");
        else if (text == "{}")
        {
            _json.WriteStartObject();
            _json.WriteEndObject();
        }
        else if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
            _json.WriteNumberValue(number);
        else
            _json.WriteStringValue(Unquote(text));
    }

    /// <summary>Where the key of <c>key: value</c> ends; -1 when the text is a scalar.</summary>
    private static int KeyEnd(string text)
    {
        if (text[0] is '"' or '[')
            return text[0] == '"' ? text.IndexOf("\":", StringComparison.Ordinal) is int quote and >= 0 ? quote + 1 : -1 : -1;
        return text[^1] == ':' ? text.Length - 1 : text.IndexOf(": ", StringComparison.Ordinal);
    }

    private static string Unquote(string text) => text[0] == '"' ? text[1..^1] : text;
}
