using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Snapshot;
using Vmm.Tests.Vmm.Cli;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot;

/// <summary>What the verbs on snapshots print for programs to read.</summary>
public sealed class SnapshotsJsonTests : IDisposable
{
    private readonly SnapshotMaker _maker = new();
    private readonly SnapshotFolder _first;
    private readonly SnapshotFolder _second;

    public SnapshotsJsonTests()
    {
        _first = _maker.Take("web.1");
        _maker.Fill(6, 9);
        _maker.Parts = [.. _maker.Parts.Skip(1), new OtherPart("a", "{\"level\":8,\"queue\":[1,2]}"), new OtherPart("c", "7")];
        _second = _maker.Take("web.2", _first, [6], change: manifest => manifest with
        {
            Live = true,
            PausedMicroseconds = 1500.5,
            Disks = [new SnapshotDisk("root", "/img/root", 4096, 100)],
        });
    }

    public void Dispose() => _maker.Dispose();

    [Fact]
    public void Show_tells_all_that_the_table_does()
    {
        JsonElement shown = Read(ExitCodes.PoweredOff, "show", _second.Path);
        SnapshotManifest manifest = _second.ReadManifest();
        Assert.Equal(
            ["path", "name", "id", "kind", "taken-at", "memory-bytes", "disk-bytes", "parent", "fault", "parent-id", "live", "frozen", "paused-microseconds", "vmm", "vcpus", "disks", "sections"],
            shown.EnumerateObject().Select(field => field.Name), StringComparer.Ordinal);
        Assert.Equal((manifest.Id, "incremental", "../web.1", _first.ReadManifest().Id), (shown.GetProperty("id").GetGuid(), Text(shown, "kind"), Text(shown, "parent"), shown.GetProperty("parent-id").GetGuid()));
        Assert.Equal((true, false, 1500.5, "0.1.0", 2), (shown.GetProperty("live").GetBoolean(), shown.GetProperty("frozen").GetBoolean(), shown.GetProperty("paused-microseconds").GetDouble(), Text(shown, "vmm"), shown.GetProperty("vcpus").GetInt32()));
        JsonElement disk = Assert.Single(shown.GetProperty("disks").EnumerateArray());
        Assert.Equal(("root", "/img/root", 4096), (Text(disk, "id"), Text(disk, "path"), disk.GetProperty("size").GetInt32()));
        Assert.Equal(["b", "a", "c"], shown.GetProperty("sections").EnumerateArray().Select(section => section.GetString()));
        Assert.Equal(JsonValueKind.Null, Read(ExitCodes.PoweredOff, "show", _first.Path).GetProperty("parent-id").ValueKind);
    }

    [Fact]
    public void Verify_has_a_verdict_for_each_and_tells_the_bad_ones_as_errors_too()
    {
        File.Delete(_first.StateFile);
        SnapshotFolder good = _maker.Take("web.3");
        SnapshotFolder child = _maker.Take("web.4", good, [6]);
        (int code, string output, string error) = VmmCommand.Run("snapshots", "verify", _second.Path, child.Path, "--output", "json");
        JsonElement[] verdicts = [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];
        Assert.Equal((ExitCodes.StartFailed, 2), (code, verdicts.Length));
        Assert.Equal((_second.Path, child.Path), (Text(verdicts[0], "path"), Text(verdicts[1], "path")));
        Assert.Equal($"vmm: {_second.Path}: {Text(verdicts[0], "fault")}\n", error);
        Assert.Contains(_first.Path, error, StringComparison.Ordinal);
        Assert.Empty(verdicts[0].GetProperty("parents").EnumerateArray());
        Assert.Equal(JsonValueKind.Null, verdicts[1].GetProperty("fault").ValueKind);
        Assert.Equal([good.Path], verdicts[1].GetProperty("parents").EnumerateArray().Select(parent => parent.GetString()));
    }

    [Fact]
    public void Diff_has_each_section_and_counts_pages()
    {
        JsonElement difference = Read(ExitCodes.PoweredOff, "diff", _first.Path, _second.Path);
        Assert.Equal((1, 768), (difference.GetProperty("changed-pages").GetInt32(), difference.GetProperty("pages").GetInt32()));
        Assert.Equal(
            ["b same []", "a differs [level]", "c added []"],
            difference.GetProperty("sections").EnumerateArray().Select(section => $"{Text(section, "name")} {Text(section, "change")} [{string.Join(",", section.GetProperty("fields").EnumerateArray())}]"));
        Assert.Contains("c removed", Read(ExitCodes.PoweredOff, "diff", _second.Path, _first.Path).GetProperty("sections").EnumerateArray().Select(section => $"{Text(section, "name")} {Text(section, "change")}"));
    }

    [Fact]
    public void Merge_tells_of_the_one_that_it_made()
    {
        string whole = _maker.PathOf("whole");
        JsonElement merged = Read(ExitCodes.PoweredOff, "merge", _second.Path, whole);
        Assert.Equal((whole, "full", _second.ReadManifest().Id), (Text(merged, "path"), Text(merged, "kind"), merged.GetProperty("id").GetGuid()));
        // Refused, it prints nothing for a program to take for an answer.
        (int code, string output, string error) = VmmCommand.Run("snapshots", "merge", _second.Path, whole, "--output", "json");
        Assert.Equal((ExitCodes.StartFailed, ""), (code, output));
        Assert.StartsWith("vmm: there is a snapshot", error, StringComparison.Ordinal);
    }

    private static JsonElement Read(int expected, params string[] arguments)
    {
        (int code, string output, string error) = VmmCommand.Run(["snapshots", .. arguments, "--output", "json"]);
        Assert.Equal((expected, ""), (code, error));
        return JsonDocument.Parse(output).RootElement;
    }

    private static string? Text(JsonElement json, string field) => json.GetProperty(field).GetString();

    private sealed class OtherPart(string name, string state) : IStateful
    {
        public string StateName => name;

        public int StateVersion => 1;

        public JsonElement SaveState() => JsonDocument.Parse(state).RootElement;

        public void RestoreState(int version, JsonElement state)
        {
        }
    }
}
