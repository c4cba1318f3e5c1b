using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Vmm.Api;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Transport;
using Vmm.Snapshot.State;
using Xunit;

namespace Vmm.Tests.Vmm.Api;

/// <summary>What a destination says of a migration to it while nobody answers its call yet.</summary>
public sealed class MigrationCallTests : IDisposable
{
    /// <summary>Less than anybody waits for a source.</summary>
    private static readonly TimeSpan s_atOnce = TimeSpan.FromSeconds(15);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-migration-api-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Destination_tells_how_far_a_migration_to_it_is()
    {
        using ApiRig rig = new();
        Assert.False((await ProgressAsync(rig)).GetProperty("active").GetBoolean());
        string path = Path.Combine(_folder.FullName, "m");
        Task<(int Status, string Reason)> receive = rig.RefusalAsync("vm.receive-migration", $$"""{"receiver_url":"unix:{{path}}"}""");
        await AwaitPhaseAsync(rig, "connect");
        using (Channel source = await ConnectAsync(path))
        {
            await AwaitPhaseAsync(rig, "hello");
            source.Send(MessageType.Hello, new HelloMessage(1, "x", SavedState.ThisArchitecture), MigrationJson.Default.HelloMessage);
            Assert.Equal(MessageType.Welcome, source.Receive(MigrationPhase.Hello).Type);
            await AwaitPhaseAsync(rig, "offer");
        }
        Assert.Contains("no guest was taken over", (await receive).Reason, StringComparison.Ordinal);
        JsonElement after = await ProgressAsync(rig);
        Assert.False(after.GetProperty("active").GetBoolean());
        JsonElement last = after.GetProperty("last");
        Assert.True(last.GetProperty("incoming").GetBoolean());
        Assert.Equal("failed", last.GetProperty("outcome").GetString());
        Assert.Contains("no guest was taken over", last.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.False(last.TryGetProperty("bytes", out _));
    }

    [Fact]
    public async Task Cancel_ends_a_wait_for_a_source()
    {
        using ApiRig rig = new();
        string path = Path.Combine(_folder.FullName, "m");
        Task<(int Status, string Reason)> receive = rig.RefusalAsync("vm.receive-migration", $$"""{"receiver_url":"unix:{{path}}"}""");
        await AwaitPhaseAsync(rig, "connect");
        using HttpResponseMessage cancelled = await rig.PutAsync("vm.cancel-migration").WaitAsync(s_atOnce, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
        (int status, string reason) = await receive;
        Assert.Equal(500, status);
        Assert.Contains("given up at the destination (vm.cancel-migration)", reason, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
        JsonElement after = await ProgressAsync(rig);
        Assert.False(after.GetProperty("active").GetBoolean());
        Assert.Equal("cancelled", after.GetProperty("last").GetProperty("outcome").GetString());
        Assert.Equal(404, (await rig.RefusalAsync("vm.cancel-migration")).Status);
    }

    [Fact]
    public async Task Cancel_ends_a_migration_to_here_and_the_source_is_told()
    {
        using ApiRig rig = new();
        string path = Path.Combine(_folder.FullName, "m");
        Task<(int Status, string Reason)> receive = rig.RefusalAsync("vm.receive-migration", $$"""{"receiver_url":"unix:{{path}}"}""");
        await AwaitPhaseAsync(rig, "connect");
        using Channel source = await ConnectAsync(path);
        source.Send(MessageType.Hello, new HelloMessage(1, "x", SavedState.ThisArchitecture), MigrationJson.Default.HelloMessage);
        Assert.Equal(MessageType.Welcome, source.Receive(MigrationPhase.Hello).Type);
        using HttpResponseMessage cancelled = await rig.PutAsync("vm.cancel-migration").WaitAsync(s_atOnce, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
        Message refusal = source.Receive(MigrationPhase.Offer);
        Assert.Equal(MessageType.Refuse, refusal.Type);
        Assert.Contains("vm.cancel-migration", refusal.As(MigrationJson.Default.ReasonMessage).Reason, StringComparison.Ordinal);
        Assert.Equal(500, (await receive).Status);
    }

    [Theory]
    [InlineData("vm.delete")]
    [InlineData("vm.create")]
    [InlineData("vm.boot")]
    [InlineData("vm.receive-migration")]
    public async Task Other_call_during_a_wait_for_a_source_is_a_conflict_at_once(string call)
    {
        using ApiRig rig = new();
        string path = Path.Combine(_folder.FullName, "m");
        Task<(int Status, string Reason)> receive = rig.RefusalAsync("vm.receive-migration", $$"""{"receiver_url":"unix:{{path}}"}""");
        await AwaitPhaseAsync(rig, "connect");
        (int status, string reason) = await rig.RefusalAsync(call).WaitAsync(s_atOnce, TestContext.Current.CancellationToken);
        Assert.Equal(409, status);
        Assert.Contains("vm.receive-migration is under way", reason, StringComparison.Ordinal);
        using HttpResponseMessage cancelled = await rig.PutAsync("vm.cancel-migration");
        await receive;
    }

    [Fact]
    public async Task Shutdown_of_the_vmm_ends_a_wait_for_a_source()
    {
        using ApiRig rig = new();
        string path = Path.Combine(_folder.FullName, "m");
        Task<(int Status, string Reason)> receive = rig.RefusalAsync("vm.receive-migration", $$"""{"receiver_url":"unix:{{path}}"}""");
        await AwaitPhaseAsync(rig, "connect");
        using HttpResponseMessage answer = await rig.PutAsync("vmm.shutdown").WaitAsync(s_atOnce, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        await rig.Ended.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Contains("given up at the destination", (await receive.WaitAsync(s_atOnce, TestContext.Current.CancellationToken)).Reason, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task Guest_that_arrives_is_told_as_an_event_before_it_runs()
    {
        using ApiRig rig = new();
        TaskCompletionSource arriving = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable listening = rig.Control.Events.Subscribe(what =>
        {
            if (what.Name == "migration-arriving")
                arriving.TrySetResult();
        });
        string path = Path.Combine(_folder.FullName, "m");
        Task<(int Status, string Reason)> receive = rig.RefusalAsync("vm.receive-migration", $$"""{"receiver_url":"unix:{{path}}"}""");
        await AwaitPhaseAsync(rig, "connect");
        using (Channel source = await ConnectAsync(path))
        {
            source.Send(MessageType.Hello, new HelloMessage(1, "x", SavedState.ThisArchitecture), MigrationJson.Default.HelloMessage);
            Assert.Equal(MessageType.Welcome, source.Receive(MigrationPhase.Hello).Type);
            source.Send(MessageType.Offer, new OfferMessage { Config = JsonSerializer.Deserialize<JsonElement>("""{"firmware":"hello"}"""), Memory = 128 << 20, Page = PageMessage.PageSize, Connections = 1, Disks = [] }, MigrationJson.Default.OfferMessage);
            await arriving.Task.WaitAsync(s_atOnce, TestContext.Current.CancellationToken);
        }
        Assert.Equal(500, (await receive).Status);
    }

    /// <summary>Every outcome that there is, and no other.</summary>
    [Fact]
    public void Outcomes_of_the_document_are_those_there_are()
    {
        using JsonDocument document = JsonDocument.Parse(OpenApiDocument.Json);
        JsonElement words = document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty("MigrationReport").GetProperty("properties").GetProperty("outcome").GetProperty("enum");
        Assert.Equal(Enum.GetValues<MigrationEnding>().Select(Word.Of), words.EnumerateArray().Select(word => word.GetString()));
    }

    [Fact]
    public async Task Migration_from_here_that_has_ended_is_still_told()
    {
        using ApiRig rig = new();
        MigrationResult result = new() { Destination = "unix:/x", TotalMilliseconds = 1234.56, DowntimeMilliseconds = 7.89, Sent = 4096, Pages = 1, ZeroPages = 0, Rounds = 3, Bandwidth = 1 };
        rig.Control.LastMigration = MigrationReport.Of("unix:/x", result);
        Assert.Equal("""{"active":false,"last":{"incoming":false,"outcome":"migrated","destination":"unix:/x","downtime_ms":7.9,"total_ms":1234.6,"bytes":4096,"rounds":3}}""", (await ProgressAsync(rig)).GetRawText());
        rig.Control.LastMigration = MigrationReport.Of("unix:/x", new VmmException("no"), cancelled: false, new MigrationProgress { Sent = 5, Round = 1, Elapsed = 2 });
        Assert.Equal("""{"active":false,"last":{"incoming":false,"outcome":"failed","destination":"unix:/x","error":"no","total_ms":2,"bytes":5,"rounds":1}}""", (await ProgressAsync(rig)).GetRawText());
    }

    [Fact]
    public async Task Certificates_that_cannot_be_read_are_told_by_the_field_that_names_them()
    {
        using ApiRig rig = new();
        (int status, string reason) = await rig.RefusalAsync("vm.receive-migration", $$"""{"receiver_url":"unix:{{_folder.FullName}}/m","tls_dir":"{{_folder.FullName}}/none"}""");
        Assert.Equal(400, status);
        Assert.StartsWith("[\"tls_dir: ", reason, StringComparison.Ordinal);
        Assert.DoesNotContain("--tls", reason, StringComparison.Ordinal);
    }

    private static async Task<Channel> ConnectAsync(string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), TestContext.Current.CancellationToken);
        return Channel.Over(socket, MessageRoute.ToSource, TimeSpan.FromSeconds(30));
    }

    private static async Task AwaitPhaseAsync(ApiRig rig, string phase)
    {
        long deadline = Environment.TickCount64 + 60_000;
        while (await ProgressAsync(rig) is JsonElement progress && !(progress.GetProperty("active").GetBoolean() && progress.GetProperty("phase").GetString() == phase))
            Assert.True(Environment.TickCount64 < deadline, progress.ToString());
        Assert.True((await ProgressAsync(rig)).GetProperty("incoming").GetBoolean());
    }

    private static async Task<JsonElement> ProgressAsync(ApiRig rig) =>
        JsonSerializer.Deserialize<JsonElement>(await rig.Client.GetStringAsync("vm.migration-progress", TestContext.Current.CancellationToken));
}
