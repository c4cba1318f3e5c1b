using Spectre.Console;
using Vmm.Cli.Machines;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Xunit;

namespace Vmm.Tests.Vmm.Cli.Machines;

/// <summary>What is shown of a migration while it goes on.</summary>
public sealed class MigrationPanelTests
{
    private static readonly MigrationProgress s_rounds = new()
    {
        Phase = MigrationPhase.Rounds,
        Round = 3,
        Remaining = 100 * PageMessage.PageSize,
        DirtyRate = 12.34e6,
        Bandwidth = 118e6,
        ProjectedDowntime = 45.4,
    };

    private static readonly MigrationProgress s_pages = new() { Phase = MigrationPhase.Pages, Remaining = 7 * PageMessage.PageSize, Faults = 12, FaultMedian = 80, Fault99 = 950 };

    [Theory]
    [InlineData(80)]
    [InlineData(40)]
    public void Rounds_show_what_decides_how_they_go_on(int width)
    {
        string[] lines = Render(s_rounds, width);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
        AssertRow(lines, "rounds", "round 3");
        AssertRow(lines, "left", "100 pages, 0.4 MB");
        AssertRow(lines, "guest writes", "12.3 MB/s");
        AssertRow(lines, "sent at", "118.0 MB/s");
        AssertRow(lines, "would be held", "45 ms");
        Assert.DoesNotContain(lines, line => line.Contains("slowed", StringComparison.Ordinal));
        Assert.DoesNotContain(Render(s_rounds with { Bandwidth = 0 }, width), line => line.Contains("sent at", StringComparison.Ordinal) || line.Contains("held", StringComparison.Ordinal));
        AssertRow(Render(s_rounds with { Throttle = 30 }, width), "slowed down by", "30%");
    }

    [Fact]
    public void Pages_that_follow_show_how_long_is_waited_for_them()
    {
        string[] lines = Render(s_pages, 100);
        AssertRow(lines, "left", "7 pages, 0.0 MB");
        AssertRow(lines, "waited for", "12 pages: half of them 80 us at most, 99 of 100 950 us");
        Assert.DoesNotContain(lines, line => line.Contains("would be held", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0UL, 0UL)]
    [InlineData(5UL, 0UL)]
    [InlineData(0UL, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, ulong.MaxValue)]
    public void Bar_is_drawn_whatever_is_left(ulong left, ulong whole) =>
        Assert.NotEmpty(Render(s_rounds with { Remaining = left }, 80, whole));

    [Fact]
    public void Line_for_what_is_no_terminal_is_one()
    {
        Assert.Equal("rounds, round 3: 0.4 MB left, 118.0 MB/s, guest writes 12.3 MB/s, would be held 45 ms", MigrationView.Line(s_rounds));
        Assert.Equal("rounds, round 0: 0.4 MB left", MigrationView.Line(s_rounds with { Round = 0, Bandwidth = 0, DirtyRate = 0, ProjectedDowntime = 0 }));
        Assert.Equal("pages, it runs there: 7 pages left, waited for 12, half 80 us, 99 of 100 950 us", MigrationView.Line(s_pages));
    }

    private static void AssertRow(string[] lines, string name, string value) =>
        Assert.Contains(lines, line => line.StartsWith(name, StringComparison.Ordinal) && line.TrimEnd().EndsWith(value, StringComparison.Ordinal));

    private static string[] Render(MigrationProgress progress, int width, ulong whole = 1 << 20)
    {
        using StringWriter text = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = width;
        console.Write(MigrationPanel.Of(progress, whole));
        return text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
