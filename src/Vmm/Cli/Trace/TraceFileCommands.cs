using System.CommandLine;
using System.Globalization;
using Vmm.Cli.Machines;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Trace;
using Vmm.Trace.Format;
using Vmm.Trace.Recording;
using Vmm.Trace.Report;

namespace Vmm.Cli.Trace;

/// <summary><c>vmm trace show</c> and <c>vmm trace stats</c>: a trace that was saved. They need no KVM.</summary>
internal static class TraceFileCommands
{
    /// <summary><c>show</c>.</summary>
    /// <param name="name">The VM of <c>vmm trace</c>, which has no place before this.</param>
    public static Command CreateShow(Argument<string?> name)
    {
        Argument<string> path = new("file") { Description = "The trace" };
        FilterOptions filters = new();
        Option<string?> count = Count();
        Option<string?> symbols = Symbols();
        Option<string?> output = Output("text");
        Command command = new("show", "Show the exits of a trace that was saved, a line each") { path, count, symbols, output };
        filters.AddTo(command);
        command.SetAction(line =>
        {
            RefuseMachine(line, name);
            TraceView view = new(ReadSymbols(line, symbols), filters.Read(line), ReadCount(line, count), VmArgument.WantsJson(line, output, "text"));
            Read(line.GetValue(path)!, reader => view.Show(reader, flush: false));
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    /// <summary><c>stats</c>.</summary>
    /// <param name="name">The VM of <c>vmm trace</c>, which has no place before this.</param>
    public static Command CreateStats(Argument<string?> name)
    {
        Argument<string> path = new("file") { Description = "The trace" };
        FilterOptions filters = new();
        Option<string?> symbols = Symbols();
        Option<string?> output = VmArgument.Output();
        Command command = new("stats", "Add the exits of a trace up: by reason, device, register and instruction") { path, symbols, output };
        filters.AddTo(command);
        command.SetAction(line =>
        {
            RefuseMachine(line, name);
            ExitFilter filter = filters.Read(line);
            bool json = VmArgument.WantsJson(line, output);
            SymbolTable? names = ReadSymbols(line, symbols);
            Read(line.GetValue(path)!, reader =>
            {
                TraceLine lines = new(names, reader.Header);
                TraceTally tally = new(lines);
                foreach (TracedExit exit in reader.Exits())
                {
                    var register = lines.Read(exit);
                    if (filter.Wants(exit))
                        tally.Add(exit, register);
                }
                System.Console.Out.Write(json ? TraceStatistics.Json(tally, reader.End) + "\n" : TraceStatistics.Text(tally, reader.End));
            });
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    /// <summary><c>--symbols</c>.</summary>
    public static Option<string?> Symbols() => new("--symbols") { Description = "Names of addresses: a System.map, or a vmlinux with symbols", HelpName = "file" };

    /// <summary><c>--count</c>.</summary>
    public static Option<string?> Count() => new("--count") { Description = "Stop after so many exits", HelpName = "number" };

    /// <summary><c>--output</c>.</summary>
    /// <param name="usual">What is written when nothing is said.</param>
    public static Option<string?> Output(string usual) => new("--output") { Description = $"How to write it [{usual}]", HelpName = $"{usual}|json" };

    /// <summary>Reads the symbols, where they were asked for.</summary>
    public static SymbolTable? ReadSymbols(ParseResult line, Option<string?> symbols) => line.GetValue(symbols) is { } file ? SymbolTable.Open(file) : null;

    /// <summary>Reads a number of exits.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static long ReadCount(ParseResult line, Option<string?> count)
    {
        if (line.GetValue(count) is not string text)
            return long.MaxValue;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0
            ? number
            : throw UsageException.For(line.CommandResult.Command, $"--count: '{Printable.Escape(text)}' is no number of exits: it is to be 1 or more");
    }

    private static void RefuseMachine(ParseResult line, Argument<string?> name)
    {
        if (line.GetValue(name) is { } machine)
            throw UsageException.For(line.CommandResult.Command, $"'{Printable.Escape(machine)}': a trace that was saved is read from its file alone: vmm trace {line.CommandResult.Command.Name} FILE");
    }

    private static void Read(string path, Action<TraceReader> use)
    {
        using FileStream file = TraceFile.Open(path);
        try
        {
            use(new TraceReader(file));
        }
        catch (TraceException wrong)
        {
            System.Console.Out.Flush();
            throw new VmmException($"'{Printable.Escape(path)}': {wrong.Message}", cause: wrong);
        }
    }
}
