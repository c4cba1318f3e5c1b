using System.Net.Sockets;
using Vmm.Control;
using Vmm.Control.Local;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Control;

[Trait("Row", "84")]
[Collection(AloneCollection.Name)]
public sealed class ControlServerTests : IDisposable
{
    private const int MostConnections = 32;
    private const int LongestLine = 1 << 20;
    private const string Status = "{\"verb\":\"status\"}";

    private readonly ControlledVm _vm = new();

    public void Dispose() => _vm.Dispose();

    private void AssertServes()
    {
        using ControlClient client = ControlClient.Connect(_vm.Vm.Folder, "look at");
        Assert.Equal(VmState.Created, client.Ask(ControlVerb.Status).Status!.State);
    }

    [Fact]
    public void Status_and_description_are_answered_on_one_connection()
    {
        using ControlClient client = ControlClient.Connect(_vm.Vm.Folder, "look at");
        VmStatus status = client.Ask(ControlVerb.Status).Status!;
        Assert.Equal(("web", VmState.Created, Environment.ProcessId, 1), (status.Name, status.State, status.Pid, status.Vcpus));
        Assert.Equal("web", client.Ask(ControlVerb.Config).Config!.Name);
    }

    [Theory]
    [InlineData(ControlVerb.Pause, "cannot pause: the VM is created, and would have to be running")]
    [InlineData(ControlVerb.Resume, "cannot resume: the VM is created, and would have to be paused")]
    [InlineData(ControlVerb.PowerButton, "cannot press the power button: the VM is created")]
    [InlineData(ControlVerb.Nmi, "cannot send an NMI: the VM is created")]
    [InlineData(ControlVerb.Reboot, "cannot reboot: the VM is created, and would have to be running or paused")]
    [InlineData(ControlVerb.Console, "is the terminal that it was started at")]
    public void What_is_not_possible_now_is_refused_and_the_connection_goes_on(object verb, string why)
    {
        using ControlClient client = ControlClient.Connect(_vm.Vm.Folder, "steer");
        VmmException refused = Assert.Throws<VmmException>(() => client.Ask((ControlVerb)verb));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.StartFailed, refused.ExitCode);
        Assert.NotNull(client.Ask(ControlVerb.Status).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("\0\u0001\u0002")]
    [InlineData("GET / HTTP/1.1")]
    [InlineData("{\"verb\":\"explode\"}")]
    [InlineData("{\"verb\":99}")]
    [InlineData("{\"verb\":\"status\",\"verb\":\"kill\"}")]
    [InlineData("{\"verb\":\"status\",\"more\":1}")]
    [InlineData("{\"verb\":\"status\"} {\"verb\":\"kill\"}")]
    [InlineData("{\"name\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}")]
    public void Line_that_is_no_request_is_told_and_ends_the_connection(string line)
    {
        using Socket client = _vm.Connect();
        string answer = ControlledVm.Ask(client, line);
        Assert.Contains("\"error\"", answer, StringComparison.Ordinal);
        Assert.Contains("\"exit-code\":2", answer, StringComparison.Ordinal);
        Assert.True(ControlledVm.HasEnded(client));
        AssertServes();
    }

    /// <summary>One that is read, and that nobody thought of: whoever sent it is told, and the VM goes on.</summary>
    [Fact]
    public void Request_that_meets_a_fault_of_ours_does_not_end_the_VM()
    {
        using Socket client = _vm.Connect();
        string answer = ControlledVm.Ask(client, "{\"verb\":\"migrate\",\"migration\":{\"destination\":null,\"options\":null}}");
        Assert.Contains("by a fault in vmm", answer, StringComparison.Ordinal);
        Assert.Contains($"\"exit-code\":{ExitCodes.Internal}", answer, StringComparison.Ordinal);
        AssertServes();
    }

    [Fact]
    public void Line_without_an_end_is_read_up_to_a_bound()
    {
        using Socket client = _vm.Connect();
        ControlledVm.Send(client, new string('x', LongestLine + 1));
        Assert.Contains("too long", ControlledVm.ReadLine(client), StringComparison.Ordinal);
        Assert.True(ControlledVm.HasEnded(client));
        AssertServes();
    }

    [Fact]
    public void More_connections_than_there_may_be_are_closed_and_a_place_that_gets_free_is_given()
    {
        List<Socket> clients = [];
        for (int i = 0; i < MostConnections; i++)
        {
            clients.Add(_vm.Connect());
            Assert.Contains("\"status\"", ControlledVm.Ask(clients[^1], Status), StringComparison.Ordinal);
        }
        using Socket tooMany = _vm.Connect();
        Assert.True(ControlledVm.HasEnded(tooMany));

        clients[0].Shutdown(SocketShutdown.Send);
        Assert.True(ControlledVm.HasEnded(clients[0]));
        AssertServes();
        Assert.Contains("\"status\"", ControlledVm.Ask(clients[^1], Status), StringComparison.Ordinal);
    }

    [Fact]
    public void Client_that_goes_in_the_middle_of_a_request_takes_no_place_with_it()
    {
        for (int i = 0; i < 2 * MostConnections; i++)
        {
            using Socket client = _vm.Connect();
            ControlledVm.Send(client, "{\"verb\":");
            client.Shutdown(SocketShutdown.Send);
            Assert.True(ControlledVm.HasEnded(client));
        }
        AssertServes();
    }

    /// <summary>One that has the file systems frozen between connecting and asking was hung up on, on a busy host.</summary>
    [Fact]
    public void Request_that_is_begun_has_to_come_and_one_that_is_not_may_take_its_time()
    {
        using ControlledVm vm = new(requestLimit: TimeSpan.FromMilliseconds(50));
        using Socket busy = vm.Connect();
        using Socket half = vm.Connect();
        ControlledVm.Send(half, "{\"verb\":");
        Assert.True(ControlledVm.HasEnded(half));
        Assert.Contains("\"status\"", ControlledVm.Ask(busy, Status), StringComparison.Ordinal);
    }

    [Fact]
    public void Client_that_goes_before_its_answer_harms_nobody()
    {
        for (int i = 0; i < MostConnections / 2; i++)
        {
            using Socket client = _vm.Connect();
            ControlledVm.Send(client, Status + "\n" + Status + "\n" + Status + "\n");
        }
        AssertServes();
    }

    [Fact]
    public void Server_ends_at_once_with_silent_and_waiting_clients_connected()
    {
        using Socket silent = _vm.Connect();
        using Socket half = _vm.Connect();
        ControlledVm.Send(half, "{\"verb\":");
        // Patient: nothing but the server's end ever ends this one.
        using Socket waiting = _vm.Connect();
        Assert.Equal("{}", ControlledVm.Ask(waiting, "{\"verb\":\"wait\"}"));
        _vm.Server.Dispose();
        Assert.True(ControlledVm.HasEnded(waiting));
        Assert.True(ControlledVm.HasEnded(half));
        Assert.True(ControlledVm.HasEnded(silent));
        Assert.Null(UnixSocket.TryConnect(_vm.Vm.Folder.ControlSocket));
    }

    [Fact]
    public void Rename_moves_the_VM_and_its_socket_with_it()
    {
        using Socket client = _vm.Connect();
        Assert.Equal("{}", ControlledVm.Ask(client, "{\"verb\":\"rename\",\"name\":\"db\"}"));
        Assert.Equal(["db"], _vm.There.Content);
        Assert.Equal("db", _vm.Control.Config!.Name);
        AssertServes();
    }

    [Theory]
    [InlineData("{\"verb\":\"rename\"}")]
    [InlineData("{\"verb\":\"rename\",\"name\":\"\"}")]
    [InlineData("{\"verb\":\"rename\",\"name\":\"../web\"}")]
    [InlineData("{\"verb\":\"rename\",\"name\":\"a/b\"}")]
    [InlineData("{\"verb\":\"rename\",\"name\":\"a\\u0000b\"}")]
    [InlineData("{\"verb\":\"rename\",\"name\":\"taken\"}")]
    [Trait("Row", "86")]
    public void Rename_to_what_is_no_name_or_taken_is_refused(string line)
    {
        _vm.There.Resting("taken");
        using Socket client = _vm.Connect();
        Assert.Contains("\"error\"", ControlledVm.Ask(client, line), StringComparison.Ordinal);
        Assert.Equal(["taken", "web"], _vm.There.Content);
        AssertServes();
    }

    [Fact]
    public unsafe void Request_of_somebody_who_is_gone_is_not_carried_out()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, Linux.socketpair(Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0, ends));
        using ControlStream here = new(new SafeFd(ends[0]));
        using SafeFd there = new(ends[1]);
        ControlHandler handler = new(_vm.Control, _vm.Vm, hub: null);
        Assert.False(here.IsGone);
        there.Dispose();
        Assert.True(here.IsGone);
        Assert.False(handler.Answer(new ControlRequest { Verb = ControlVerb.Rename, Name = "db" }, here));
        Assert.Equal(["web"], _vm.There.Content);
    }

    [Fact]
    public void No_time_to_wait_for_the_end_is_no_unlimited_one()
    {
        using ControlClient client = ControlClient.Connect(_vm.Vm.Folder, "stop");
        Assert.False(client.WaitForEnd(TimeSpan.Zero, out int? exitCode));
        Assert.Null(exitCode);
    }

    [Fact]
    public void Request_that_fails_on_the_host_s_side_does_not_end_the_VM()
    {
        // The description cannot be replaced: a folder is where its new version would be written.
        Directory.CreateDirectory(_vm.Vm.Folder.ConfigFile + ".new");
        using Socket client = _vm.Connect();
        Assert.Contains("\"error\"", ControlledVm.Ask(client, "{\"verb\":\"rename\",\"name\":\"db\"}"), StringComparison.Ordinal);
        AssertServes();
    }

    [Fact]
    public void Boot_that_is_refused_leaves_the_VM_as_it_was()
    {
        _vm.Control.Delete();
        _vm.Control.Create(global::Vmm.Machine.Config.MachineConfigResolver.Resolve(new() { Kernel = "/missing/kernel" }));
        Assert.ThrowsAny<VmmException>(() => _vm.Control.Boot());
        Assert.Equal(VmState.Created, _vm.Control.State);
        Assert.Null(_vm.Control.Outcome);
    }
}
