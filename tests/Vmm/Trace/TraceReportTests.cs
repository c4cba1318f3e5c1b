using System.Text.Json;
using Vmm.Trace;
using Vmm.Trace.Format;
using Vmm.Trace.Report;
using Xunit;

namespace Vmm.Tests.Vmm.Trace;

/// <summary>What users see of a trace.</summary>
public class TraceReportTests
{
    private readonly TraceLine _lines = new(new SymbolTable([(0xffff_ffff_80ff_fff0, "serial8250_putc")]), new TraceHeader { FromStart = true });

    [Fact]
    public void Line_has_time_vcpu_reason_access_register_value_instruction_place_and_times()
    {
        TracedExit exit = Exits()[0];
        string line = _lines.Text(exit, _lines.Read(exit));
        Assert.StartsWith("   0.000000007  vcpu0  io     0x3f8 serial0 THR <- 2 x 1 bytes 4869 ('Hi')", line);
        Assert.Contains("out dx, al", line);
        Assert.Contains("serial8250_putc+0x10", line);
        Assert.EndsWith("handler 3 ns, guest 7 ns", line);
    }

    [Fact]
    public void Json_has_the_same_facts()
    {
        TracedExit exit = Exits()[0];
        JsonElement json = JsonDocument.Parse(new TraceJsonLines(_lines).Text(exit, _lines.Read(exit))).RootElement;
        Assert.Equal("out", json.GetProperty("access").GetString());
        Assert.Equal("4869", json.GetProperty("data").GetString());
        Assert.Equal("THR", json.GetProperty("register").GetString());
        Assert.Equal("out dx, al", json.GetProperty("instruction").GetString());
        Assert.Equal("serial8250_putc+0x10", json.GetProperty("place").GetString());
        Assert.Equal(7, json.GetProperty("time_ns").GetInt64());
    }

    [Fact]
    public void Statistics_add_up_and_tell_what_the_accounting_has()
    {
        TraceReader reader = TraceFormatTests.Reader(TraceFormatTests.Sample(out _));
        TraceTally tally = new(_lines);
        foreach (TracedExit exit in reader.Exits())
            tally.Add(exit, _lines.Read(exit));
        Assert.Equal([("io", 2L), ("hlt", 1), ("mmio", 1)], tally.ByReason.Select(row => (row.Name, row.Latency.Count)));
        Assert.Equal([("serial0", 2L), (ExitFilter.Nobody, 1)], tally.ByDevice.Select(row => (row.Name, row.Latency.Count)));
        Assert.Contains(("serial0 LSR read", 1L), tally.ByRegister.Select(row => (row.Name, row.Latency.Count)));
        string text = TraceStatistics.Text(tally, reader.End);
        Assert.Contains("accounting has 4 exits", text);
        JsonElement json = JsonDocument.Parse(TraceStatistics.Json(tally, reader.End)).RootElement;
        Assert.Equal(2, json.GetProperty("accounting").GetProperty("io").GetInt64());
        Assert.True(json.GetProperty("complete").GetBoolean());
        Assert.Contains("cut off", TraceStatistics.Text(tally, end: null));
    }

    private static List<TracedExit> Exits() => [.. TraceFormatTests.Reader(TraceFormatTests.Sample(out _)).Exits()];
}
