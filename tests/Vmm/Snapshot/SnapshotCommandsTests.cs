using System.CommandLine;
using System.Text.Json;
using Vmm.Cli.Machines;
using Vmm.Cli.Snapshots;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Snapshot;
using Vmm.Tests.Vmm.Cli;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot;

/// <summary>The verbs that work on snapshots on disk, and how a description is changed for a restore.</summary>
public sealed class SnapshotCommandsTests : IDisposable
{
    private readonly SnapshotMaker _maker = new();
    private readonly SnapshotFolder _first;
    private readonly SnapshotFolder _second;

    public SnapshotCommandsTests()
    {
        _first = _maker.Take("web.1");
        _maker.Fill(6, 9);
        _second = _maker.Take("web.2", _first, [6]);
    }

    public void Dispose() => _maker.Dispose();

    [Fact]
    public void List_has_a_row_for_each_also_for_one_that_cannot_be_read()
    {
        SnapshotFolder broken = _maker.Take("web.3");
        File.WriteAllText(broken.ManifestFile, "no");
        (int code, string output, string error) = VmmCommand.Run("snapshots", "list", _maker.Root);
        string[] lines = output.TrimEnd().Split('\n');
        Assert.Equal((0, 4), (code, lines.Length));
        Assert.Matches("^FOLDER +VM +KIND +TAKEN +RAM +ON DISK +PARENT", lines[0]);
        Assert.Contains(lines, line => line.StartsWith("web.1", StringComparison.Ordinal) && line.Contains("full", StringComparison.Ordinal) && line.Contains("3 MiB", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("incremental", StringComparison.Ordinal) && line.TrimEnd().EndsWith("web.1", StringComparison.Ordinal));
        // Why is told below the table, in a line that is as long as it has to be.
        Assert.Contains(lines, line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["web.3", "unreadable"]);
        Assert.StartsWith($"vmm: {broken.ManifestFile}", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.True(VmmCommand.Run("snapshots", "list", _maker.Root, "--output", "json") is (0, _, ""));
    }

    [Fact]
    public void Folder_that_cannot_be_listed_is_told_in_words_of_ours()
    {
        string none = _maker.PathOf("none");
        Assert.Equal($"'{none}' cannot be listed: there is no such folder", CommandLineRun.Refused("snapshots", "list", none).Message);
        Assert.Equal($"'{_first.MemoryFile}' cannot be listed: it is a file, not a folder", CommandLineRun.Refused("snapshots", "list", _first.MemoryFile).Message);
        Assert.Equal($"'{_first.MemoryFile}/x' cannot be listed: there is no such folder", CommandLineRun.Refused("snapshots", "list", _first.MemoryFile + "/x").Message);
    }

    [Fact]
    public void Names_with_control_characters_are_shown_escaped_and_kept_in_json()
    {
        SnapshotFolder odd = _maker.Take("a\x1b[31m\nb");
        SnapshotFolder child = _maker.Take("c", odd, [6]);
        string[] lines = Run("snapshots", "list", _maker.Root).TrimEnd().Split('\n');
        Assert.Equal(5, lines.Length);
        Assert.Contains(lines, line => line.StartsWith(@"a\x1b[31m\x0ab ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("c ", StringComparison.Ordinal) && line.EndsWith(@"a\x1b[31m\x0ab", StringComparison.Ordinal));
        Assert.Matches(@"(?m)^folder .*/a\\x1b\[31m\\x0ab$", Run("snapshots", "show", odd.Path));
        Assert.DoesNotContain('\x1b', Run("snapshots", "show", child.Path));
        Assert.EndsWith("/a\\x1b[31m\\x0ab: whole\n", Run("snapshots", "verify", odd.Path), StringComparison.Ordinal);
        Assert.Equal(odd.Path, Json(odd).GetProperty("path").GetString());
    }

    [Fact]
    public void Snapshot_that_cannot_be_read_is_of_no_kind_in_json_and_says_why()
    {
        SnapshotFolder broken = _maker.Take("web.3");
        File.WriteAllText(broken.ManifestFile, "no");
        Assert.Equal(JsonValueKind.Null, Json(broken).GetProperty("kind").ValueKind);
        Assert.Contains(broken.ManifestFile, Json(broken).GetProperty("fault").GetString(), StringComparison.Ordinal);
        Assert.Equal("full", Json(_first).GetProperty("kind").GetString());
        Assert.Equal(JsonValueKind.Null, Json(_first).GetProperty("fault").ValueKind);
    }

    private static JsonElement Json(SnapshotFolder folder) => JsonSerializer.SerializeToElement(SnapshotRow.Of(folder), MachinesJson.Default.SnapshotRow);

    [Fact]
    public void Show_tells_what_it_is_and_the_sections_it_has()
    {
        string text = Run("snapshots", "show", _second.Path);
        Assert.Contains(_second.ReadManifest().Id.ToString(), text, StringComparison.Ordinal);
        Assert.Contains("../web.1", text, StringComparison.Ordinal);
        Assert.Matches("sections +a, b", text);
        VmmException none = CommandLineRun.Refused("snapshots", "show", _second.Path, "c");
        Assert.Equal(("there is no section 'c'; there are a, b", ExitCodes.Usage), (none.Message, none.ExitCode));
    }

    [Fact]
    public void Verify_says_that_all_is_whole_or_what_is_not()
    {
        Assert.Equal($"{_first.Path}: whole\n{_second.Path}: whole, and the 1 that it builds upon\n", Run("snapshots", "verify", _first.Path, _second.Path));
        Damage(_first);
        (int code, string output, string error) = VmmCommand.Run("snapshots", "verify", _second.Path);
        Assert.Equal((ExitCodes.StartFailed, ""), (code, output));
        Assert.Contains("is not what was saved", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_judges_each_and_names_it_as_it_was_given()
    {
        SnapshotFolder broken = _maker.Take("web.3");
        Damage(broken);
        string odd = Path.Combine(_maker.Root, "web.1", "..", "web.3");
        (int code, string output, string error) = VmmCommand.Run("snapshots", "verify", odd, _maker.PathOf("none"), _first.Path);
        Assert.Equal((ExitCodes.StartFailed, $"{_first.Path}: whole\n"), (code, output));
        string[] lines = error.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith($"vmm: {odd}: '{broken.MemoryFile}': the memory at 0 MiB is not what was saved", lines[0], StringComparison.Ordinal);
        Assert.Equal($"vmm: {_maker.PathOf("none")}: there is no snapshot '{_maker.PathOf("none")}'", lines[1]);
        Assert.Equal(ExitCodes.Usage, CommandLineRun.Refused("snapshots", "verify", _first.Path, "").ExitCode);
    }

    /// <summary>A byte of its memory is another; its time says that nothing happened: the sums tell.</summary>
    private static void Damage(SnapshotFolder folder)
    {
        DateTime before = File.GetLastWriteTimeUtc(folder.MemoryFile);
        using (FileStream memory = File.OpenWrite(folder.MemoryFile))
            memory.WriteByte(99);
        File.SetLastWriteTimeUtc(folder.MemoryFile, before);
    }

    [Fact]
    public void Merge_makes_a_full_one()
    {
        string whole = _maker.PathOf("whole");
        Run("snapshots", "merge", _second.Path, whole);
        Assert.Equal(SnapshotKind.Full, new SnapshotFolder(whole).ReadManifest().Kind);
        Assert.Contains("--replace", CommandLineRun.Refused("snapshots", "merge", _second.Path, whole).Message, StringComparison.Ordinal);
        Run("snapshots", "merge", _second.Path, whole, "--replace");
    }

    [Fact]
    public void Diff_counts_pages_and_compares_sections()
    {
        string text = Run("snapshots", "diff", _first.Path, _second.Path);
        Assert.Matches("a +same", text);
        Assert.Contains("1 of 768 pages differ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Restore_of_none_says_so() =>
        Assert.StartsWith("there is no snapshot", CommandLineRun.Refused("restore", _maker.PathOf("nowhere")).Message, StringComparison.Ordinal);

    [Fact]
    public void Devices_are_named_by_id_or_meant_by_place()
    {
        MachineConfig machine = Restore("--disk", "id=b,path=/new/b", "--net", "tap=tap7", "--port", "name=p,socket=/tmp/p");
        Assert.Equal(("/img/a", "/new/b"), (machine.Disk[0].Path, machine.Disk[1].Path));
        Assert.Equal(("tap7", "tap1"), (machine.Net[0].Tap, machine.Net[1].Tap));
        // Who moves frames is a matter of the network, as its tap is.
        Assert.Equal((null, NetVhost.On), (machine.Net[0].Vhost, machine.Net[1].Vhost));
        Assert.Equal("/tmp/p", machine.Port[0].Socket);
        MachineConfig same = Restore();
        SnapshotFit.Check(same, machine);
        Assert.Equal(same.Net.Select(net => net.Mac), machine.Net.Select(net => net.Mac));
    }

    [Theory]
    [InlineData("--disk", "id=c,path=/new/c", "--disk: the VM that was frozen has no 'c'; it has a, b")]
    [InlineData("--port", "name=q", "--port: the VM that was frozen has no 'q'; it has p")]
    public void Device_that_there_is_not_is_refused(string option, string value, string expected)
    {
        VmmException refused = Assert.ThrowsAny<VmmException>(() => Restore(option, value));
        Assert.Equal((expected, ExitCodes.Usage), (refused.Message, refused.ExitCode));
    }

    [Fact]
    public void Another_name_makes_new_addresses_of_those_that_were_made()
    {
        MachineConfig same = Restore(), other = Restore("--name", "copy");
        Assert.Equal("copy", other.Name);
        Assert.NotEqual(same.Net[0].Mac, other.Net[0].Mac);
        // One that its user gave is the user's to change.
        Assert.Equal(same.Net[1].Mac, other.Net[1].Mac);
    }

    [Fact]
    public void Address_that_is_given_is_taken_also_where_it_is_the_one_that_was_made()
    {
        MacAddress made = Restore().Net[0].Mac!.Value;
        Assert.Equal(made, Restore("--name", "copy", "--net", $"tap=t,mac={made}").Net[0].Mac);
    }

    private static MachineConfig Restore(params string[] line)
    {
        MachineConfig saved = MachineConfigResolver.Resolve(new MachineConfig
        {
            Name = "web",
            Firmware = "hello",
            Disk = [new DiskConfig { Path = "/img/a", Id = "a" }, new DiskConfig { Path = "/img/b", Id = "b" }],
            Net = [new NetConfig { Tap = "tap0", Vhost = NetVhost.On }, new NetConfig { Tap = "tap1", Vhost = NetVhost.On, Mac = MacAddress.Parse("52:54:00:12:34:56") }],
            Port = [new PortConfig { Name = "p" }],
        });
        Command command = new("restore");
        RestoreArguments arguments = new(command);
        return arguments.Describe(command.Parse(line), saved);
    }

    private static string Run(params string[] arguments)
    {
        (int code, string output) = CommandLineRun.Run(arguments);
        Assert.Equal(0, code);
        return output;
    }
}
