using System.Globalization;
using Vmm.Tests.Devices.Virtio.EveryDevice;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.Conformance;

/// <summary>docs/hostile-rows.md, rows of hostile input by type of device, is compared with the tests there are.</summary>
public sealed class HostileRowsTests
{
    private const string EveryDevice = "Every device";
    private const string Only = "only ";
    private const string Impossible = "– ";
    private const int FirstRow = 12, LastRow = 48;

    /// <summary>By section: each row, and the cell that says what holds it.</summary>
    private static readonly Dictionary<string, Dictionary<int, string>> s_sections = ReadSections();

    public static TheoryData<string> Types => DeviceSubjects.Types;

    [Fact]
    public void Every_row_is_there() =>
        Assert.Equal(Enumerable.Range(FirstRow, LastRow - FirstRow + 1), s_sections[EveryDevice].Keys.Order());

    [Theory, MemberData(nameof(Types))]
    public void Every_row_is_held_for_every_type_of_device(string type)
    {
        Assert.True(s_sections.TryGetValue(type, out Dictionary<int, string>? own), $"docs/hostile-rows.md has no section '## {type}'");
        foreach ((int row, string everybody) in s_sections[EveryDevice])
        {
            bool isOwn = own.TryGetValue(row, out string? cell);
            bool isOthers = everybody.StartsWith(Only, StringComparison.Ordinal) && !everybody[Only.Length..].Split(", ").Contains(type);
            bool isHeld = isOwn
                ? TestCatalog.Names(cell!).Length > 0 || cell!.StartsWith(Impossible, StringComparison.Ordinal)
                : isOthers || TestCatalog.Names(everybody).Length > 0;
            Assert.True(isHeld, $"row {row} is not held for {type}");
        }
    }

    [Fact]
    public void Every_test_that_is_named_exists_and_carries_its_row()
    {
        foreach ((string section, Dictionary<int, string> rows) in s_sections)
        {
            foreach ((int row, string cell) in rows)
            {
                foreach (string test in TestCatalog.Names(cell))
                {
                    Assert.True(TestCatalog.Contains(test), $"{section}, row {row}: there is no test {test}");
                    Assert.True(TestCatalog.Rows(test).Contains(row), $"{section}, row {row}: {test} does not carry it");
                }
            }
        }
    }

    private static Dictionary<string, Dictionary<int, string>> ReadSections()
    {
        const string heading = "## ";
        var sections = new Dictionary<string, Dictionary<int, string>>();
        Dictionary<int, string> rows = [];
        foreach (string line in File.ReadLines(Path.Combine(TestCatalog.Root, "docs/hostile-rows.md")))
        {
            if (line.StartsWith(heading, StringComparison.Ordinal))
                sections.Add(line[heading.Length..], rows = []);
            string[] cells = line.Trim('|').Split('|', StringSplitOptions.TrimEntries);
            if (int.TryParse(cells[0], CultureInfo.InvariantCulture, out int row))
                rows.Add(row, cells[^1]);
        }
        return sections;
    }
}
