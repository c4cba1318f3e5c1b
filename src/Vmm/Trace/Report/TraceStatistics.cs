using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Vmm.Machine.Exits;
using Vmm.Trace.Format;

namespace Vmm.Trace.Report;

/// <summary>A trace's sums, as <c>vmm trace stats</c> shows them.</summary>
internal static class TraceStatistics
{
    /// <summary>Registers and places that are shown as text; JSON has them all.</summary>
    private const int Most = 20;

    /// <summary>As tables.</summary>
    /// <param name="tally">The sums.</param>
    /// <param name="end">How the trace ended; null when it was cut off.</param>
    public static string Text(TraceTally tally, TraceEnd? end)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{tally.Exits:N0} exits in {TraceLine.Duration(tally.Span)}: handlers {TraceLine.Duration(tally.Handled)}, in KVM_RUN {TraceLine.Duration(tally.InGuest)}\n");
        text.Append(end is null ? "The trace was cut off: how many there were is not known.\n"
            : string.Create(CultureInfo.InvariantCulture, $"It ended because {end.Reason}. The machine's own accounting has {end.Exits:N0} exits for that time, the trace {end.Recorded:N0}.\n"));
        Append(text, "reason", tally.ByReason, int.MaxValue);
        Append(text, "device", tally.ByDevice, int.MaxValue);
        Append(text, "register", tally.ByRegister, Most);
        Append(text, "instruction", tally.ByPlace, Most);
        return text.ToString();
    }

    /// <summary>As JSON.</summary>
    public static string Json(TraceTally tally, TraceEnd? end)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("exits", tally.Exits);
            json.WriteNumber("span_ns", tally.Span);
            json.WriteNumber("handler_ns", tally.Handled);
            json.WriteNumber("guest_ns", tally.InGuest);
            json.WriteBoolean("complete", end is not null);
            if (end is not null)
            {
                json.WriteStartObject("accounting");
                foreach ((string reason, long count) in end.Accounting)
                    json.WriteNumber(reason, count);
                json.WriteEndObject();
            }
            Write(json, "reasons", tally.ByReason);
            Write(json, "devices", tally.ByDevice);
            Write(json, "registers", tally.ByRegister);
            Write(json, "instructions", tally.ByPlace);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Append(StringBuilder text, string what, IEnumerable<(string Name, LatencyHistogram Latency)> rows, int most)
    {
        text.Append(CultureInfo.InvariantCulture, $"{"count",14}  {"handler",9}  {"p50",9}  {"p99",9}  {what}\n");
        int left = 0;
        foreach ((string name, LatencyHistogram latency) in rows)
        {
            if (most-- > 0)
                text.Append(CultureInfo.InvariantCulture, $"{latency.Count,14:N0}  {TraceLine.Duration(latency.Total),9}  {TraceLine.Duration(latency.Quantile(0.5)),9}  {TraceLine.Duration(latency.Quantile(0.99)),9}  {name}\n");
            else
                left++;
        }
        if (left > 0)
            text.Append(CultureInfo.InvariantCulture, $"{"",14}  and {left} more (--output json)\n");
    }

    private static void Write(Utf8JsonWriter json, string name, IEnumerable<(string Name, LatencyHistogram Latency)> rows)
    {
        json.WriteStartArray(name);
        foreach ((string row, LatencyHistogram latency) in rows)
        {
            json.WriteStartObject();
            json.WriteString("name", row);
            json.WriteNumber("count", latency.Count);
            json.WriteNumber("handler_ns", latency.Total);
            json.WriteNumber("p50_ns", latency.Quantile(0.5));
            json.WriteNumber("p99_ns", latency.Quantile(0.99));
            json.WriteNumber("max_ns", latency.Max);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
