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
