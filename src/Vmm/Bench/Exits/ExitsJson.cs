using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Bench.Exits;

/// <summary>Reports and comparisons as JSON: generated code, no reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExitsReport))]
[JsonSerializable(typeof(IReadOnlyList<RowComparison>))]
internal sealed partial class ExitsJson : JsonSerializerContext
{
    /// <summary>The report's text.</summary>
    public static string Write(ExitsReport report) => JsonSerializer.Serialize(report, Indented().ExitsReport) + "\n";

    /// <summary>The comparison's text.</summary>
    public static string Write(IReadOnlyList<RowComparison> rows) => JsonSerializer.Serialize(rows, Indented().IReadOnlyListRowComparison) + "\n";

    /// <summary>Reads a report that <c>vmm bench exits --output json</c> wrote.</summary>
    /// <exception cref="VmmException">It cannot be read, or is none; the message names the file.</exception>
    public static ExitsReport Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, Default.ExitsReport) is { Rows: not null, Host: not null } report
                ? report
                : throw new VmmException($"'{Printable.Escape(path)}': not a report of 'vmm bench exits --output json'", ExitCodes.Usage);
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
