using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Vmm.Logging;
using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Logging;

public class LogLineTests
{
    private const string Hostile = "disk\n\x1b[2Jvmm: web: all is well\r\u0085\0\"},{\"level\":\"error\"";

    private static LogEntry Entry(string device, string what, string machine = "web")
    {
        ListSink sink = new();
        using (VmmLog log = new(machine, [sink], new ManualClock()))
            new DeviceLog(log.CreateLogger(DeviceLog.Category)).DriverFault(device, what);
        return Assert.Single(sink.Entries);
    }

    [Fact]
    public void On_a_terminal_a_line_is_like_all_that_vmm_says() =>
        Assert.Equal("vmm: web: disk0: its driver broke the rules (Loop); the device waits for a reset\n", Encoding.UTF8.GetString(LogLine.Terminal(Entry("disk0", "Loop"))));

    [Fact]
    public void On_a_terminal_a_machine_without_a_name_is_vmm_once() =>
        Assert.Equal("vmm: disk0: its driver broke the rules (Loop); the device waits for a reset\n", Encoding.UTF8.GetString(LogLine.Terminal(Entry("disk0", "Loop", MachineConfig.NoName))));

    [Fact]
    public void In_a_file_a_line_has_its_time_and_level() =>
        Assert.Equal("2026-01-02T03:04:05.000000Z warning web device: disk0: its driver broke the rules (Loop); the device waits for a reset\n", Encoding.UTF8.GetString(LogLine.Text(Entry("disk0", "Loop"))));

    [Fact]
    public void Json_has_the_values_by_name()
    {
        JsonElement line = JsonDocument.Parse(LogLine.Json(Entry("disk0", "Loop"))).RootElement;
        Assert.Equal("2026-01-02T03:04:05.000000Z", line.GetProperty("timestamp").GetString());
        Assert.Equal("warning", line.GetProperty("level").GetString());
        Assert.Equal("web", line.GetProperty("machine").GetString());
        Assert.Equal("device", line.GetProperty("category").GetString());
        Assert.Equal(1, line.GetProperty("event_id").GetInt32());
        Assert.Equal("DriverFault", line.GetProperty("event").GetString());
        Assert.Equal("disk0", line.GetProperty("fields").GetProperty("Device").GetString());
        Assert.Equal("Loop", line.GetProperty("fields").GetProperty("What").GetString());
    }

    [Fact]
    [Trait("Row", "88")]
    public void Text_of_a_guest_cannot_begin_a_line_or_move_a_cursor()
    {
        LogEntry entry = Entry(Hostile, Hostile);
        foreach (byte[] line in new[] { LogLine.Terminal(entry), LogLine.Text(entry), LogLine.Json(entry) })
        {
            string text = Encoding.UTF8.GetString(line);
            Assert.EndsWith("\n", text, StringComparison.Ordinal);
            Assert.DoesNotContain(text[..^1], char.IsControl);
        }
        JsonElement json = JsonDocument.Parse(LogLine.Json(entry)).RootElement;
        Assert.Equal("warning", json.GetProperty("level").GetString());
        Assert.Equal(Hostile, json.GetProperty("fields").GetProperty("Device").GetString());
    }

    [Fact]
    [Trait("Row", "88")]
    public void Endless_text_is_cut()
    {
        LogEntry entry = Entry("disk0", new string('x', 10_000_000));
        Assert.InRange(LogLine.Json(entry).Length, 1_000, 8_000);
        Assert.InRange(JournalRecord.Of(entry).Length, 1_000, 8_000);
    }

    [Fact]
    public void A_fault_is_told_with_its_trace_in_json_only()
    {
        ListSink sink = new();
        using (VmmLog log = new("web", [sink], new ManualClock()))
            new MachineLog(log.CreateLogger(MachineLog.Category)).HostFault(new IOException("gone\nfor good"));
        LogEntry entry = Assert.Single(sink.Entries);
        Assert.Equal(LogLevel.Error, entry.Level);
        Assert.Equal(@"the machine's host side failed (IOException: gone\x0afor good)", entry.Message);
        Assert.Contains("gone\nfor good", JsonDocument.Parse(LogLine.Json(entry)).RootElement.GetProperty("exception").GetString());
    }
}
