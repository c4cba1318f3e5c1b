using System.Net;
using System.Net.Sockets;
using System.Text.Json;
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
        Assert.False((await ProgressAsync(rig)).GetProperty("active").GetBoolean());
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
        Assert.False((await ProgressAsync(rig)).GetProperty("active").GetBoolean());
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
