using System.Text;
using Vmm.Cli;

namespace Vmm.Inspect.Report;

/// <summary>A report as people read it.</summary>
internal static class InspectText
{
    private const int Gap = 2;

    /// <summary>The whole of it.</summary>
    public static string Of(InspectReport report)
    {
        StringBuilder text = new();
        foreach (InspectBlock block in report.Blocks)
        {
            if (text.Length > 0 && block.Titled)
                text.Append('\n');
            if (block.Titled)
                text.Append(block.Name).Append('\n');
            Append(text, block);
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, InspectBlock block)
    {
        if (block.Fields is { } fields && block.PerLine > 1)
            AppendLines(text, fields, block.PerLine);
        else if (block.Fields is { } one)
            text.Append(Table(one.Select(field => (IReadOnlyList<string>)[field.Name, field.Value.Text])));
        if (block.Rows is { Count: 0 } && block.Empty is { } empty)
            text.Append(empty.Length == 0 ? "" : empty + "\n");
        else if (block.Rows is { } rows)
            text.Append(Table([.. block.Headed ? [block.Columns!.Select(name => name.ToUpperInvariant()).ToArray()] : (IEnumerable<IReadOnlyList<string>>)[], .. rows.Select(row => row.Select(cell => cell.Text).ToArray())]));
    }

    /// <summary>Several facts a line, each name beside its value, in columns.</summary>
    private static void AppendLines(StringBuilder text, IReadOnlyList<InspectField> fields, int perLine)
    {
        int name = fields.Max(field => field.Name.Length);
        int value = fields.Max(field => field.Value.Text.Length);
        for (int i = 0; i < fields.Count; i++)
        {
            bool last = i % perLine == perLine - 1 || i == fields.Count - 1;
            text.Append(fields[i].Name.PadRight(name + 1));
            text.Append(last ? fields[i].Value.Text : fields[i].Value.Text.PadRight(value + Gap));
            if (last)
                text.Append('\n');
        }
    }

    private static string Table(IEnumerable<IReadOnlyList<string>> rows)
    {
        TextTable table = new();
        foreach (IReadOnlyList<string> row in rows)
            table.Add([.. row]);
        // Cells at the end may be empty: no blanks are left behind the others.
        return string.Concat(table.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd() + "\n"));
    }
}
