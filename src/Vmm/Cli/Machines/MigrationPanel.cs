using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Protocol;

namespace Vmm.Cli.Machines;

/// <summary>How far a migration is, as something to look at on a terminal: a bar of this round's pages, and a line for each number that decides how it goes on.</summary>
internal static class MigrationPanel
{
    private const int BarWidth = 48;

    /// <summary>Draws it.</summary>
    /// <param name="progress">How far it is.</param>
    /// <param name="whole">The most bytes that were left in this round: what the bar is of.</param>
    public static IRenderable Of(MigrationProgress progress, ulong whole)
    {
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        bool runsThere = progress.Phase is MigrationPhase.Pages or MigrationPhase.Recover;
        Add(grid, Word.Of(progress.Phase), runsThere ? "it runs there, and the rest of its memory follows" : $"round {progress.Round}");
        grid.AddRow(new Text("sent"), Bar(progress.Remaining, Math.Max(whole, progress.Remaining)));
        Add(grid, "left", $"{progress.Remaining / PageMessage.PageSize} pages, {progress.Remaining / 1e6:0.0} MB");
        if (runsThere)
        {
            Add(grid, "waited for", $"{progress.Faults} pages: half of them {progress.FaultMedian:0} us at most, 99 of 100 {progress.Fault99:0} us");
            return grid;
        }
        if (progress.Bandwidth <= 0)
            return grid;
        Add(grid, "guest writes", $"{progress.DirtyRate / 1e6:0.0} MB/s");
        Add(grid, "sent at", $"{progress.Bandwidth / 1e6:0.0} MB/s");
        Add(grid, "would be held", $"{progress.ProjectedDowntime:0} ms");
        if (progress.Throttle > 0)
            Add(grid, "slowed down by", $"{progress.Throttle}%");
        return grid;
    }

    private static void Add(Grid grid, string name, FormattableString value) => Add(grid, name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Text, not markup: brackets in it mean nothing.</summary>
    private static void Add(Grid grid, string name, string value) => grid.AddRow(new Text(name), new Text(value));

    private static BreakdownChart Bar(ulong left, ulong whole) => new BreakdownChart().Width(BarWidth).HideTags()
        .AddItem("sent", whole == 0 ? 1 : whole - left, Color.Green)
        .AddItem("left", left, Color.Grey);
}
