using System.Text.RegularExpressions;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.Conformance;

/// <summary>docs/conformance.md is compared with the tests there are, and with the sections that make demands on devices.</summary>
public sealed partial class ConformanceTableTests
{
    private const string File = "docs/conformance.md";

    /// <summary>The sections of Virtio 1.2 with requirements for devices, of common parts, of our transports and of our device types.</summary>
    private static readonly string[] s_sections =
    [
        "2.1.2", "2.2.2", "2.4.1", "2.5.2", "2.6.1.1.1", "2.6.1.2.1", "2.7.4.1", "2.7.5.1", "2.7.5.3.2", "2.7.7.2", "2.7.8.2", "2.7.10.2",
        "2.8", "2.10.2",
        "4.1.1", "4.1.2.1", "4.1.3.2", "4.1.4.2", "4.1.4.3.1", "4.1.4.4.1", "4.1.4.5.1", "4.1.4.6.1", "4.1.4.7.1", "4.1.4.8.1", "4.1.4.9.1",
        "4.1.4.11", "4.1.5.1.2.1", "4.1.5.3.1", "4.1.5.4.1", "4.2.2.1",
        "5.1.4.1", "5.1.6.2.2", "5.1.6.3.2", "5.1.6.4.1", "5.1.6.5.1.1", "5.1.6.5.2.1", "5.1.6.5.3.1", "5.1.6.5.4.2", "5.1.6.5.6.2", "5.1.6.5.7.2", "5.1.6.5.9",
        "5.2.5.2", "5.2.6.2", "5.3.5.1", "5.3.6.2.1", "5.4.6.2",
        "5.5.3.2", "5.5.6.2", "5.5.6.3.2", "5.5.6.5.2", "5.5.6.6.2", "5.5.6.7.2",
        "5.10.3.2", "5.10.6.1.2", "5.10.6.3.2", "5.10.6.4.2", "6.2",
    ];

    private static IEnumerable<string[]> Clauses => TestCatalog.TableRows(File).Where(cells => ClauseNumber().IsMatch(cells[0]));

    [Fact]
    public void Every_clause_is_listed_once()
    {
        Assert.NotEmpty(Clauses);
        Assert.Empty(Clauses.GroupBy(cells => cells[0]).Where(group => group.Count() > 1).Select(group => group.Key));
        Assert.Empty(Clauses.GroupBy(cells => (Section(cells[0]), cells[1])).Where(group => group.Count() > 1).Select(group => group.Key));
    }

    [Fact]
    public void Every_clause_has_a_test_or_a_reason() => Assert.All(Clauses, cells =>
    {
        Assert.Equal(3, cells.Length);
        string verdict = cells[2];
        Assert.True(TestCatalog.IsOnlyNames(verdict) || Reason().IsMatch(verdict), $"{cells[0]}: '{verdict}' is neither tests nor `not offered: why` nor `not held yet: why`");
    });

    [Fact]
    public void Every_test_that_is_named_exists() =>
        Assert.Empty(Clauses.SelectMany(cells => TestCatalog.Names(cells[2]).Where(test => !TestCatalog.Contains(test)).Select(test => $"{cells[0]}: {test}")));

    [Fact]
    public void Every_section_with_demands_on_devices_is_there()
    {
        string[] listed = [.. Clauses.Select(cells => Section(cells[0])).Distinct()];
        Assert.Empty(s_sections.Except(listed));
    }

    private static string Section(string clause) => clause[..clause.IndexOf('-')];

    [GeneratedRegex(@"^\d+(\.\d+)+-\d+$")]
    private static partial Regex ClauseNumber();

    [GeneratedRegex(@"^not (offered|held yet): \S.+$")]
    private static partial Regex Reason();
}
