using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Vmm.Machine.Config;

namespace Vmm.Cli.Check;

/// <summary>Shows a <see cref="HostReport"/> to people, or to programs.</summary>
internal static class HostReportWriter
{
    /// <summary>A table, and the answer in its last line.</summary>
    public static string Text(HostReport report)
    {
        TextTable table = new();
        foreach (HostFinding finding in report.Findings)
            table.Add(Word.Of(finding.Verdict), finding.Name, finding.Detail);
        return $"{table}\n{(report.CanRun ? "This host can run guests." : "This host cannot run guests yet; see the lines that say 'fails'.")}\n";
    }

    /// <summary>The same as JSON.</summary>
    public static string Json(HostReport report)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter writer = new(text, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteBoolean("can-run", report.CanRun);
            writer.WriteBoolean("stock-kernel", report.RunsStockKernel);
            writer.WriteStartArray("findings");
            foreach (HostFinding finding in report.Findings)
            {
                writer.WriteStartObject();
                writer.WriteString("name", finding.Name);
                writer.WriteString("verdict", Word.Of(finding.Verdict));
                writer.WriteString("detail", finding.Detail);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(text.ToArray()) + "\n";
    }
}
