using Vmm.Host;
using Vmm.Trace;
using Vmm.Trace.Format;
using Vmm.Trace.Report;

namespace Vmm.Cli.Trace;

/// <summary>Prints a trace as it is read.</summary>
/// <param name="symbols">Names of addresses; null for none.</param>
/// <param name="filter">Which exits are shown.</param>
/// <param name="most">How many at most.</param>
/// <param name="json">As JSON, an exit a line; else as text.</param>
internal sealed class TraceView(SymbolTable? symbols, ExitFilter filter, long most, bool json)
{
    private const int LookEvery = 1000;

    /// <summary>Prints all that come.</summary>
    /// <param name="reader">Where they come from.</param>
    /// <param name="flush">Whether each is shown at once, as they come from a living VM.</param>
    public void Show(TraceReader reader, bool flush)
    {
        TraceLine lines = new(symbols, reader.Header);
        TraceJsonLines objects = new(lines);
        TextWriter output = System.Console.Out;
        long shown = 0;
        foreach (TracedExit exit in reader.Exits())
        {
            // Each is read, for a register may say what a later access means.
            var register = lines.Read(exit);
            if (!filter.Wants(exit))
                continue;
            output.WriteLine(json ? objects.Text(exit, register) : lines.Text(exit, register));
            if (flush)
                output.Flush();
            if (++shown >= most || (shown % LookEvery == 0 || flush) && !StandardOutput.HasReader)
            {
                output.Flush();
                return;
            }
        }
        output.Flush();
        if (reader.End is null)
            throw new TraceException("it is not whole: it was cut off before its end");
    }
}
