using Vmm.Machine.Exits;
using Vmm.Trace.Format;
using Vmm.Trace.Meaning;

namespace Vmm.Trace.Report;

/// <summary>Adds a trace's exits up: by reason, device, register and place.</summary>
/// <param name="lines">Names registers and places.</param>
internal sealed class TraceTally(TraceLine lines)
{
    private readonly Dictionary<string, LatencyHistogram> _reasons = [];
    private readonly Dictionary<string, LatencyHistogram> _devices = [];
    private readonly Dictionary<string, LatencyHistogram> _registers = [];
    private readonly Dictionary<string, LatencyHistogram> _places = [];

    /// <summary>How many there are.</summary>
    public long Exits { get; private set; }

    /// <summary>Time to answer them, in nanoseconds.</summary>
    public long Handled { get; private set; }

    /// <summary>Time in the guest before them, in nanoseconds.</summary>
    public long InGuest { get; private set; }

    /// <summary>From the trace's start to the last exit, in nanoseconds.</summary>
    public long Span { get; private set; }

    /// <summary>By reason, the most frequent first.</summary>
    public IEnumerable<(string Name, LatencyHistogram Latency)> ByReason => Sorted(_reasons);

    /// <summary>By device.</summary>
    public IEnumerable<(string Name, LatencyHistogram Latency)> ByDevice => Sorted(_devices);

    /// <summary>By register of a device.</summary>
    public IEnumerable<(string Name, LatencyHistogram Latency)> ByRegister => Sorted(_registers);

    /// <summary>By instruction.</summary>
    public IEnumerable<(string Name, LatencyHistogram Latency)> ByPlace => Sorted(_places);

    /// <summary>Adds one.</summary>
    public void Add(TracedExit exit, RegisterMeaning? register)
    {
        Exits++;
        Handled += exit.Handled;
        InGuest += exit.InGuest;
        Span = exit.Answered;
        Record(_reasons, ExitReasonName.Of(exit.Reason), exit);
        if (exit.Access is not (AccessKind.None or AccessKind.MsrRead or AccessKind.MsrWrite))
        {
            string device = exit.Device?.Name ?? ExitFilter.Nobody;
            Record(_devices, device, exit);
            string way = exit.IsWrite ? "write" : "read";
            Record(_registers, register is { } known ? $"{device} {known.Name} {way}" : $"{device} 0x{exit.Address:x} {way}", exit);
        }
        if (lines.Place(exit.Code) is { } place)
            Record(_places, lines.Assembly(exit.Code) is { } assembly ? $"{place}: {assembly}" : place, exit);
    }

    private static IEnumerable<(string, LatencyHistogram)> Sorted(Dictionary<string, LatencyHistogram> table) =>
        table.Select(pair => (pair.Key, pair.Value)).OrderByDescending(row => row.Value.Count).ThenBy(row => row.Key, StringComparer.Ordinal);

    private static void Record(Dictionary<string, LatencyHistogram> table, string name, TracedExit exit)
    {
        if (!table.TryGetValue(name, out LatencyHistogram? latency))
            table[name] = latency = new LatencyHistogram();
        latency.Record(exit.Handled);
    }
}
