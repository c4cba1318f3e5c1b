using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Bench.Exits;

/// <summary>Reports and comparisons as JSON: generated code, no reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ExitsReport))]
[JsonSerializable(typeof(ExitsComparison))]
internal sealed partial class ExitsJson : JsonSerializerContext
{
    /// <summary>The report's text.</summary>
    public static string Write(ExitsReport report) => JsonSerializer.Serialize(report, Indented().ExitsReport) + "\n";

    /// <summary>The comparison's text.</summary>
    public static string Write(ExitsComparison comparison) => JsonSerializer.Serialize(comparison, Indented().ExitsComparison) + "\n";

    /// <summary>Reads a report that <c>vmm bench exits --output json</c> wrote.</summary>
    /// <exception cref="VmmException">It cannot be read, is none, or has nothing to compare; the message names the file.</exception>
    public static ExitsReport Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            ExitsReport? report = JsonSerializer.Deserialize(file, Default.ExitsReport);
            if (report is null || report.Rows.Contains(null!))
                throw new VmmException($"'{Printable.Escape(path)}': not a report of 'vmm bench exits --output json'", ExitCodes.Usage);
            if (report.Rows.Count == 0)
                throw new VmmException($"'{Printable.Escape(path)}': a report without rows: there is nothing to compare", ExitCodes.Usage);
            // A row that could not be measured says why; another without its batches is nobody's.
            if (report.Rows.FirstOrDefault(row => row.Reason is null && row.MediansNs is not { Count: > 0 }) is { } bare)
                throw new VmmException($"'{Printable.Escape(path)}': its row '{Printable.Escape(bare.Name)}' has no medians_ns, which are what is compared: give the report as 'vmm bench exits --output json' wrote it", ExitCodes.Usage);
            return report;
        }
        catch (JsonException wrong)
        {
            throw new VmmException($"'{Printable.Escape(path)}': not a report of 'vmm bench exits --output json'{(JsonFault.IsSyntax(wrong) ? $" ({Printable.Escape(JsonFault.Describe(wrong))})" : "")}", ExitCodes.Usage, wrong);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new VmmException($"'{Printable.Escape(path)}' cannot be read: {FileFault.Why(unreadable, path)}", ExitCodes.Usage, unreadable);
        }
    }

    private static ExitsJson Indented() => new(new JsonSerializerOptions(Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
