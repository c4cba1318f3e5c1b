using System.Text.Json;
using Vmm.Control;
using Xunit;

namespace Vmm.Tests.Vmm.Control;

public sealed class EventTests : IDisposable
{
    private const int Bound = 1 << 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-events-").FullName;
    private readonly EventHub _hub = new(TimeProvider.System);

    private string EventsFile => Path.Combine(_folder, "events.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static MachineEvent[] Events(string file) =>
        [.. File.ReadAllLines(file).Select(line => JsonSerializer.Deserialize(line, EventJson.Default.MachineEvent)!)];

    private static void AtOnce(int threads, Action<int> act)
    {
        Thread[] all = [.. Enumerable.Range(0, threads).Select(number => new Thread(() => act(number)))];
        Array.ForEach(all, thread => thread.Start());
        Array.ForEach(all, thread => thread.Join());
    }

    [Fact]
    public void Listeners_are_told_in_the_order_of_what_happened()
    {
        List<string> seen = [];
        using IDisposable listening = _hub.Subscribe(what => seen.Add($"{what.Machine} {what.Source} {what.Name} {what.Properties?["to"]}"));
        _hub.Publish("vm", "created");
        _hub.Publish("vm", "renamed", ("to", "web"));
        _hub.Machine = "web";
        _hub.Publish("vm", "booted");
        Assert.Equal(["vmm vm created ", "vmm vm renamed web", "web vm booted "], seen);
    }

    [Fact]
    public void Listener_that_went_hears_nothing_more_and_the_others_do()
    {
        List<string> first = [];
        List<string> second = [];
        IDisposable going = _hub.Subscribe(what => first.Add(what.Name));
        using IDisposable staying = _hub.Subscribe(what => second.Add(what.Name));
        _hub.Publish("vm", "a");
        going.Dispose();
        going.Dispose();
        _hub.Publish("vm", "b");
        Assert.Equal(["a"], first);
        Assert.Equal(["a", "b"], second);
    }

    [Fact]
    public void All_listeners_see_the_same_order_whoever_publishes()
    {
        List<string> first = [];
        List<string> second = [];
        using IDisposable one = _hub.Subscribe(what => first.Add(what.Name));
        using IDisposable other = _hub.Subscribe(what => second.Add(what.Name));
        AtOnce(4, number =>
        {
            for (int i = 0; i < 200; i++)
                _hub.Publish("vm", $"{number}.{i}");
        });
        Assert.Equal(800, first.Count);
        Assert.Equal(first, second);
    }

    [Fact]
    public void Lines_of_several_writers_stay_whole()
    {
        AtOnce(4, number =>
        {
            EventFile file = new(EventsFile);
            for (int i = 0; i < 200; i++)
                file.Add(new MachineEvent(DateTimeOffset.UnixEpoch, $"vm{number}", "vm", $"{i}"));
        });
        foreach (IGrouping<string, MachineEvent> one in Events(EventsFile).GroupBy(what => what.Machine))
            Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}"), one.Select(what => what.Name));
    }

    [Fact]
    public void File_of_events_is_bounded_and_keeps_the_newest()
    {
        EventFile file = new(EventsFile);
        string much = new('x', 10_000);
        for (int i = 0; i < 350; i++)
            file.Add(new MachineEvent(DateTimeOffset.UnixEpoch, "web", "vm", $"{i}", new Dictionary<string, string> { ["why"] = much }));
        Assert.Equal([EventsFile, EventsFile + ".1"], Directory.GetFiles(_folder).Order(StringComparer.Ordinal));
        Assert.All(Directory.GetFiles(_folder), path => Assert.InRange(new FileInfo(path).Length, 1, Bound + 20_000));
        MachineEvent[] kept = [.. Events(EventsFile + ".1"), .. Events(EventsFile)];
        Assert.InRange(kept.Length, 100, 349);
        Assert.Equal(Enumerable.Range(350 - kept.Length, kept.Length).Select(i => $"{i}"), kept.Select(what => what.Name));
    }

    [Fact]
    public void File_that_cannot_be_written_holds_nobody_up()
    {
        MachineEvent what = new(DateTimeOffset.UnixEpoch, "web", "vm", "booted");
        new EventFile(Path.Combine(_folder, "missing", "events.jsonl")).Add(what);
        new EventFile("/dev/full").Add(what);
        string target = Path.Combine(_folder, "target");
        File.CreateSymbolicLink(EventsFile, target);
        new EventFile(EventsFile).Add(what);
        Assert.False(File.Exists(target));
    }
}
