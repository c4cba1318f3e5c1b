using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Vmm.Tests.Devices.Virtio.Conformance;

/// <summary>All tests of the repository, as their source has them: <c>Class.Method</c>, and the rows of hostile input that each holds.</summary>
internal static partial class TestCatalog
{
    private static readonly Lazy<Dictionary<string, HashSet<int>>> s_all = new(Scan);

    /// <summary>The repository's folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Whether there is a test of that name.</summary>
    public static bool Contains(string test) => s_all.Value.ContainsKey(test);

    /// <summary>The rows in a test's traits.</summary>
    public static IReadOnlySet<int> Rows(string test) => s_all.Value[test];

    /// <summary>The backquoted names in a text.</summary>
    public static string[] Names(string text) => [.. Backquoted().Matches(text).Select(m => m.Groups[1].Value)];

    /// <summary>Whether a text is backquoted names with commas between them, and nothing else.</summary>
    public static bool IsOnlyNames(string text) => OnlyNames().IsMatch(text);

    /// <summary>The cells of every line of a file that is a row of a table.</summary>
    public static IEnumerable<string[]> TableRows(string file) => File.ReadLines(Path.Combine(Root, file))
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
        .Select(line => line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries));

    private static Dictionary<string, HashSet<int>> Scan()
    {
        var found = new Dictionary<string, HashSet<int>>();
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Root, "tests"), "*.cs", SearchOption.AllDirectories))
        {
            string type = "";
            string attributes = "";
            foreach (string line in File.ReadLines(file))
            {
                if (TopLevelType().Match(line) is { Success: true } head)
                    type = head.Groups[1].Value;
                else if (line.StartsWith("    [", StringComparison.Ordinal))
                    attributes += line;
                else if (Method().Match(line) is { Success: true } method)
                {
                    if (attributes.Contains("[Fact", StringComparison.Ordinal) || attributes.Contains("[Theory", StringComparison.Ordinal))
                        found[$"{type}.{method.Groups[1].Value}"] = [.. RowTrait().Matches(attributes).Select(m => int.Parse(m.Groups[1].ValueSpan, provider: null))];
                    attributes = "";
                }
                else if (line.Length > 0)
                    attributes = "";
            }
        }
        return found;
    }

    private static string FindRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../.."));

    [GeneratedRegex(@"^(?:public |internal )?(?:sealed |static |abstract |partial |unsafe )*class (\w+)")]
    private static partial Regex TopLevelType();

    [GeneratedRegex(@"^    public (?:async |unsafe )*(?:Task|ValueTask|void) (\w+)\(")]
    private static partial Regex Method();

    [GeneratedRegex(@"Trait\(""Row"", ""(\d+)""\)")]
    private static partial Regex RowTrait();

    [GeneratedRegex(@"`(\w+\.\w+)`")]
    private static partial Regex Backquoted();

    [GeneratedRegex(@"^`\w+\.\w+`(, `\w+\.\w+`)*$")]
    private static partial Regex OnlyNames();
}
