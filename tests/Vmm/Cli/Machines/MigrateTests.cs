using System.Net.Sockets;
using System.Text.Json;
using Vmm.Cli.Machines;
using Vmm.Control.Local;
using Vmm.Migration;
using Vmm.Registry;
using Vmm.Tests.Vmm.Control;
using Vmm.Tests.Vmm.Registry;
using Xunit;

namespace Vmm.Tests.Vmm.Cli.Machines;

/// <summary>What <c>vmm migrate</c> leaves when it is over.</summary>
public sealed class MigrateTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryHome _there = new();

    public void Dispose() => _there.Dispose();

    /// <summary>Who removes the VM or starts it anew right after the command is not told that it runs.</summary>
    [Fact]
    public async Task Command_is_over_when_the_process_that_had_the_guest_is_gone()
    {
        LockedVm vm = _there.Define("web");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(vm.Folder.ControlSocket));
        listener.Listen();
        Task<MigrationResult> command = Task.Run(() =>
        {
            using ControlClient client = ControlClient.Connect(vm.Folder, "migrate");
            return MigrateCommand.Migrate(vm.Folder, client, new MigrationRequest("tcp:there:7000", new MigrationOptions()), connection: null, quiet: true);
        }, TestContext.Current.CancellationToken);
        using Socket process = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        process.ReceiveTimeout = (int)s_patience.TotalMilliseconds;

        MigrationResult moved = new() { Destination = "tcp:there:7000", TotalMilliseconds = 2, DowntimeMilliseconds = 1, Sent = 3, Pages = 4, ZeroPages = 5, Rounds = 6, Bandwidth = 7 };
        Assert.Equal("migrate", JsonDocument.Parse(ControlledVm.ReadLine(process)).RootElement.GetProperty("verb").GetString());
        Answer(process, new ControlReply { Migration = moved });
        // It wants to be told when the process ends.
        Assert.Equal("wait", JsonDocument.Parse(ControlledVm.ReadLine(process)).RootElement.GetProperty("verb").GetString());
        Answer(process, new ControlReply());
        using FileOpens looks = new(Path.Combine(vm.Folder.Path, "lock"));
        Answer(process, new ControlReply { ExitCode = 0 });
        // Nor when it says so: its lock tells when it is gone, and whoever looks there a second time is not over.
        looks.Await(s_patience);
        looks.Await(s_patience);
        Assert.False(command.IsCompleted);
        vm.Dispose();
        Assert.Equal(moved, await command.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    private static void Answer(Socket client, ControlReply reply) => ControlledVm.Send(client, JsonSerializer.Serialize(reply, ControlJson.Default.ControlReply) + "\n");
}
