using System.CommandLine;
using System.Globalization;
using Vmm.Bench.Exits;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Cli.Bench;

/// <summary><c>vmm bench exits</c>: what each kind of exit costs on this host.</summary>
internal static class ExitsCommand
{
    private const string Small = "small";
    private const int DefaultBatches = 20;
    private const int MostBatches = 10_000;
    private const int Turns = 1000;

    /// <summary>A batch takes some 20 ms. One that hangs shall not hold the others up, and a slow machine not be called hanging.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Option<string?> rounds = new("--rounds") { Description = $"How many batches of {Turns} samples, or 'small' for a first look [{DefaultBatches}]", HelpName = "N|small" };
        Option<string?> rows = new("--rows") { Description = "Only these rows, separated by commas", HelpName = "NAMES" };
        Option<string?> output = new("--output") { Description = "How to write it [table]", HelpName = "table|json|markdown|csv|html" };
        Command command = new("exits", "What each kind of exit costs, beside a C program over the raw ioctls") { rounds, rows, output };
        command.SetAction(line =>
        {
            Func<ExitsReport, string> write = Writer(command, line.GetValue(output));
            BatchSize size = Size(command, line.GetValue(rounds));
            IReadOnlyList<ExitRow> wanted = Rows(command, line.GetValue(rows));
            using ExitsBench bench = new(size, s_patience);
            System.Console.Out.Write(write(bench.Run(wanted, Tell)));
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    /// <summary>For whoever waits at a terminal; what is written to a file has the result alone.</summary>
    private static void Tell(string row)
    {
        if (Linux.isatty(fd: 2) == 1)
            System.Console.Error.WriteLine($"{row} …");
    }

    private static Func<ExitsReport, string> Writer(Command command, string? form) => form switch
    {
        null or "table" => ExitsText.Table,
        "json" => ExitsJson.Write,
        "markdown" => ExitsText.Markdown,
        "csv" => ExitsText.Csv,
        "html" => ExitsHtml.Write,
        _ => throw UsageException.For(command, $"--output: '{Printable.Escape(form)}' is none of table, json, markdown, csv, html"),
    };

    private static BatchSize Size(Command command, string? rounds)
    {
        if (rounds is null)
            return new BatchSize(DefaultBatches, Turns);
        if (rounds == Small)
            return BatchSize.Small;
        return int.TryParse(rounds, NumberStyles.None, CultureInfo.InvariantCulture, out int batches) && batches is >= 1 and <= MostBatches
            ? new BatchSize(batches, Turns)
            : throw UsageException.For(command, $"--rounds: '{Printable.Escape(rounds)}' is neither a number from 1 to {MostBatches} nor 'small'");
    }

    private static IReadOnlyList<ExitRow> Rows(Command command, string? names) => names is null
        ? ExitRows.All
        : [.. names.Split(',').Select(name => ExitRows.Find(name)
            ?? throw UsageException.For(command, $"--rows: there is no row '{Printable.Escape(name)}': there are {string.Join(", ", ExitRows.All.Select(row => row.Name))}"))];
}
