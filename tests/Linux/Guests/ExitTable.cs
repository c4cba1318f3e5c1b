using System.Globalization;

namespace Vmm.Tests.Linux.Guests;

/// <summary>What `--stats` printed, read back.</summary>
public sealed record ExitTable(long Total, IReadOnlyDictionary<string, long> Reasons, IReadOnlyDictionary<string, long> Devices)
{
    private const string TotalRow = "exits in all", KicksRow = "kicks from the host", DeviceHeading = "of the exits, accesses to";

    public static ExitTable Parse(string said)
    {
        var lines = said.Replace("\r", "").Split('\n').SkipWhile(line => !line.EndsWith(TotalRow, StringComparison.Ordinal)).ToList();
        var reasons = Rows(lines.Skip(1).TakeWhile(line => line != DeviceHeading && !line.EndsWith(KicksRow, StringComparison.Ordinal)));
        var devices = Rows(lines.SkipWhile(line => line != DeviceHeading).Skip(1));
        return Rows(lines.Take(1)).TryGetValue(TotalRow, out long total)
            ? new ExitTable(total, reasons, devices)
            : throw new FormatException($"no statistics in what vmm said: '{said}'");
    }

    /// <summary>Columns are two spaces apart or more: the count is the first, the name the last.</summary>
    private static Dictionary<string, long> Rows(IEnumerable<string> lines) => lines
        .Select(line => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        .Where(words => words.Length >= 2 && long.TryParse(words[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out _))
        .ToDictionary(words => words[^1], words => long.Parse(words[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture));
}
