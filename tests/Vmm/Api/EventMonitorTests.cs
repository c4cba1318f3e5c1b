using System.Text.Json;
using Vmm.Api;
using Vmm.Control;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Api;

/// <summary>Events as JSON: their form, and readers that do not read.</summary>
[Collection(AloneCollection.Name)]
public sealed unsafe class EventMonitorTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-events-");

    private string Path => System.IO.Path.Combine(_folder.FullName, "events");

    public void Dispose() => _folder.Delete(recursive: true);

    private static MachineEvent Event(string name, IReadOnlyDictionary<string, string>? properties = null) =>
        new(TimeProvider.System.GetUtcNow(), "vm", "vm", name, properties);

    [Fact]
    public void Events_are_documents_with_a_blank_line_between()
    {
        using (EventMonitor monitor = new(new EndPoint(Path, null), TimeProvider.System))
        {
            monitor.Write(Event("booted"));
            monitor.Write(Event("shutdown", new Dictionary<string, string> { ["outcome"] = "PoweredOff" }));
        }
        string[] documents = File.ReadAllText(Path).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, documents.Length);
        using JsonDocument first = JsonDocument.Parse(documents[0]);
        Assert.Equal("vm", first.RootElement.GetProperty("source").GetString());
        Assert.Equal("booted", first.RootElement.GetProperty("event").GetString());
        Assert.Equal(JsonValueKind.Null, first.RootElement.GetProperty("properties").ValueKind);
        Assert.InRange(first.RootElement.GetProperty("timestamp").GetProperty("nanos").GetInt64(), 0, 999_999_999);
        Assert.InRange(first.RootElement.GetProperty("timestamp").GetProperty("secs").GetInt64(), 0, 60);
        using JsonDocument second = JsonDocument.Parse(documents[1]);
        Assert.Equal("PoweredOff", second.RootElement.GetProperty("properties").GetProperty("outcome").GetString());
    }

    [Fact, Trait("Row", "88")]
    public void Full_device_drops_events_and_counts_them()
    {
        using EventMonitor monitor = new(new EndPoint("/dev/full", null), TimeProvider.System);
        monitor.Write(Event("booted"));
        monitor.Write(Event("paused"));
        Assert.Equal(2, monitor.Dropped);
    }

    [Fact, Trait("Row", "88")]
    public void Pipe_without_reader_holds_what_fits_and_counts_the_rest()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, Linux.pipe2(ends, Linux.O_CLOEXEC));
        using SafeFd reader = new(ends[0]);
        using EventMonitor monitor = new(new EndPoint(null, ends[1]), TimeProvider.System);
        // Blocking, as handed over; all the same nothing waits.
        const int More = 10_000;
        for (int i = 0; i < More; i++)
            monitor.Write(Event("paused"));
        Assert.InRange(monitor.Dropped, 1, More - 1);
    }

    [Fact, Trait("Row", "88")]
    public void Pipe_whose_reader_is_gone_drops_events()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, Linux.pipe2(ends, Linux.O_CLOEXEC));
        using EventMonitor monitor = new(new EndPoint(null, ends[1]), TimeProvider.System);
        new SafeFd(ends[0]).Dispose();
        monitor.Write(Event("paused"));
        Assert.Equal(1, monitor.Dropped);
    }

    [Theory, Trait("Row", "87")]
    [InlineData("events")]
    [InlineData("fd=0")]
    [InlineData("fd=-1")]
    [InlineData("fd=99999999999")]
    [InlineData("fd=x")]
    [InlineData("path=")]
    [InlineData("path=/proc/self/mem")]
    [InlineData("path=a\0b")]
    [InlineData("")]
    public void Place_that_is_none_is_refused(string text) =>
        Assert.Throws<FormatException>(() => EndPoint.Parse(text, needsKey: true));

    [Theory]
    [InlineData("/run/x", "/run/x", null)]
    [InlineData("path=/run/x", "/run/x", null)]
    [InlineData("fd=3", null, 3)]
    public void Place_is_a_path_or_a_descriptor(string text, string? path, int? fd) =>
        Assert.Equal(new EndPoint(path, fd), EndPoint.Parse(text, needsKey: false));
}
