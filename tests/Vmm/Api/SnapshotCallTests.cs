using Vmm.Api;
using Vmm.Control;
using Vmm.Machine.Config;
using Vmm.Snapshot;
using Vmm.Tests.Vmm.Snapshot;
using Xunit;

namespace Vmm.Tests.Vmm.Api;

/// <summary><c>vm.snapshot</c> and <c>vm.restore</c>, as far as they go without a guest.</summary>
public sealed class SnapshotCallTests : IDisposable
{
    private readonly SnapshotMaker _maker = new();

    public void Dispose() => _maker.Dispose();

    [Fact]
    public void Restored_vm_is_watched_when_that_is_asked_for() =>
        Assert.Equal(new RestoreSettings("/a") { Paused = true, Track = true }, VmRestoreReader.Read(Body("""{"source_url":"file:///a","track":true}""")).Settings);

    [Fact]
    public void Fields_become_a_request()
    {
        SnapshotFolder parent = _maker.Take("web.1");
        SnapshotRequest request = VmSnapshotReader.Read(Body($$"""{"destination_url":"file://{{_maker.Root}}/web%202/","parent":"{{parent.Path}}","track":true,"live":true}"""));
        Assert.Equal(new SnapshotRequest(_maker.PathOf("web 2")) { Parent = parent.Path, Track = true, Live = true }, request);
    }

    [Theory, Trait("Row", "84")]
    [InlineData("", "vm.snapshot needs a body")]
    [InlineData("{}", "destination_url: is needed")]
    [InlineData("""{"destination_url":7}""", "destination_url: expected a string")]
    [InlineData("""{"destination_url":"/tmp/x"}""", "destination_url: '/tmp/x' is no URL of a folder")]
    [InlineData("""{"destination_url":"file://host/x"}""", "destination_url: 'file://host/x' is no URL of a folder")]
    [InlineData("""{"destination_url":"https://host/x"}""", "destination_url: ")]
    [InlineData("""{"destination_url":"file:///tmp/a%00b"}""", "destination_url: ")]
    [InlineData("""{"destination_url":"file:///nowhere/at/all"}""", "destination_url: '/nowhere/at/all' cannot be made")]
    [InlineData("""{"destination_url":"file:///proc/self"}""", "destination_url: '/proc/self' exists and is no snapshot")]
    [InlineData("""{"destination_url":"file:///tmp/none","parent":"x"}""", "parent: 'x' is no absolute path")]
    [InlineData("""{"destination_url":"file:///tmp/none","parent":"/nowhere"}""", "parent: there is no snapshot '/nowhere'")]
    [InlineData("""{"destination_url":"file:///tmp/none","tracks":true}""", "tracks: unknown field; did you mean 'track'?")]
    public void Wrong_snapshot_request_names_its_field(string body, string expected) =>
        Assert.StartsWith(expected, Assert.Throws<ApiException>(() => VmSnapshotReader.Read(Body(body))).Message, StringComparison.Ordinal);

    [Fact]
    public void Place_that_is_taken_is_told_with_the_field_that_would_help()
    {
        SnapshotFolder there = _maker.Take("a (--replace)");
        string reason = Assert.Throws<ApiException>(() => VmSnapshotReader.Read(Body($$"""{"destination_url":"file://{{there.Path.Replace(" ", "%20", StringComparison.Ordinal)}}"}"""))).Message;
        Assert.Contains("'" + there.Path + "'", reason, StringComparison.Ordinal);
        Assert.EndsWith(" (replace)", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "lazy", true)]
    [InlineData(",\"prefault\":true", "eager", true)]
    [InlineData(",\"memory_mode\":\"demand\",\"resume\":true", "demand", false)]
    public void Restored_vm_is_paused_unless_it_is_to_be_resumed(string more, string mode, bool paused)
    {
        VmRestoreReader restore = VmRestoreReader.Read(Body($$"""{"source_url":"file:///a"{{more}}}"""));
        Assert.Equal(new RestoreSettings("/a") { Mode = Word.Parse<RestoreMode>(mode), Paused = paused }, restore.Settings);
    }

    [Fact]
    public void Vm_that_there_is_already_stays_when_a_restore_is_refused_for_it()
    {
        using ApiRig rig = new();
        SnapshotFolder folder = _maker.Take("web.1");
        (MachineConfig config, SnapshotOrigin origin) = VmRestoreReader.Read(Body($$"""{"source_url":"file://{{folder.Path}}"}""")).Open();
        rig.Control.Create(config);
        Assert.Throws<LifecycleConflictException>(() => rig.Control.Restore(config, origin));
        Assert.Equal(VmState.Created, rig.Control.State);
    }

    [Theory, Trait("Row", "84")]
    [InlineData("""{"source_url":"file:///nowhere"}""", "source_url: there is no snapshot '/nowhere'")]
    [InlineData("""{"source_url":"file:///a","memory_mode":"quick"}""", "memory_mode: ")]
    [InlineData("""{"source_url":"file:///a","memory_mode":"lazy","prefault":true}""", "memory_mode: 'lazy' and \"prefault\": true contradict each other")]
    [InlineData("""{"source_url":"file:///a","net_fds":[{"id":"net0"}]}""", "net_fds: is not supported")]
    public async Task Wrong_restore_is_a_400_that_names_its_field_and_makes_no_vm(string body, string expected)
    {
        using ApiRig rig = new();
        (int status, string reason) = await rig.RefusalAsync("vm.restore", body);
        Assert.Equal((400, VmState.None), (status, rig.Control.State));
        Assert.Contains(System.Text.Json.JsonEncodedText.Encode(expected).ToString(), reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Snapshot_is_opened_for_the_machine_that_it_describes()
    {
        SnapshotFolder folder = _maker.Take("web.1");
        (MachineConfig config, SnapshotOrigin origin) = VmRestoreReader.Read(Body($$"""{"source_url":"file://{{folder.Path}}"}""")).Open();
        using (origin)
            Assert.Equal(("web", folder.Path, true), (config.Name, origin.Path, origin.StartsPaused));
    }

    private static byte[] Body(string json) => System.Text.Encoding.UTF8.GetBytes(json);
}
