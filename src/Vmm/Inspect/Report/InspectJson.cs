using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Vmm.Inspect.Report;

/// <summary>A report as programs read it: an object with a member a block; a table is an array of objects.</summary>
internal static class InspectJson
{
    /// <summary>Writes it.</summary>
    public static void Write(InspectReport report, Stream output)
    {
        using (Utf8JsonWriter writer = new(output, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            foreach (InspectBlock block in report.Blocks)
            {
                writer.WritePropertyName(Key(block.Name));
                Write(writer, block);
            }
            writer.WriteEndObject();
        }
        output.WriteByte((byte)'\n');
    }

    /// <summary>A name in words as a key: <c>Host address</c> becomes <c>host-address</c>.</summary>
    public static string Key(string name)
    {
        StringBuilder key = new(name.Length);
        foreach (char c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || c == '.')
                key.Append(char.ToLowerInvariant(c));
            else if (key.Length > 0 && key[^1] != '-')
                key.Append('-');
        }
        return key.ToString().TrimEnd('-');
    }

    private static void Write(Utf8JsonWriter writer, InspectBlock block)
    {
        if (block.Fields is { } fields)
        {
            WriteObject(writer, fields.Select(field => (field.Name, field.Value)));
            return;
        }
        writer.WriteStartArray();
        foreach (IReadOnlyList<InspectCell> row in block.Rows ?? [])
            WriteObject(writer, block.Columns!.Zip(row));
        writer.WriteEndArray();
    }

    private static void WriteObject(Utf8JsonWriter writer, IEnumerable<(string Name, InspectCell Value)> members)
    {
        writer.WriteStartObject();
        foreach ((string name, InspectCell value) in members)
        {
            writer.WritePropertyName(Key(name));
            InspectCellConverter.Write(writer, value);
        }
        writer.WriteEndObject();
    }
}
