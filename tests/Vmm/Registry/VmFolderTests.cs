using System.Net.Sockets;
using System.Text;
using Vmm.Cli.Machines;
using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Registry;
using Xunit;

namespace Vmm.Tests.Vmm.Registry;

public sealed class VmFolderTests : IDisposable
{
    private readonly TemporaryHome _there = new();

    public void Dispose() => _there.Dispose();

    public static TheoryData<string> Garbage => ["", "{", "null", "[]", "\0\0\0\0", "{\"pid\":\"x\"}", "{\"pid\":99999999999999}", "{\"started-at\":\"never\"}", new string('[', 5000)];

    [Fact]
    public void Lock_that_somebody_holds_means_alive()
    {
        LockedVm vm = _there.Define("web");
        VmFolder folder = _there.Home.Existing("web");
        Assert.True(folder.IsAlive);
        Assert.Null(folder.TryLock());
        Assert.Contains("running", Assert.Throws<VmmException>(() => folder.Take("start")).Message, StringComparison.Ordinal);
        vm.Dispose();
        folder.AwaitEnd();
        Assert.False(folder.IsAlive);
        using LockedVm again = folder.Take("start");
        Assert.True(folder.IsAlive);
    }

    [Fact]
    public void VM_that_went_is_not_taken_and_not_made_again()
    {
        VmFolder folder = _there.Resting("web");
        using (LockedVm vm = folder.Take("remove"))
            vm.Remove();
        Assert.False(folder.IsAlive);
        Assert.Null(folder.TryLock());
        Assert.Contains("no VM 'web'", Assert.Throws<VmmException>(() => folder.Take("start")).Message, StringComparison.Ordinal);
        Assert.Empty(_there.Content);
    }

    [Fact]
    public void Rename_moves_the_folder_and_changes_the_description()
    {
        using LockedVm vm = _there.Define("web");
        vm.Rename("db.1");
        Assert.Equal("db.1", vm.Folder.Name);
        Assert.Equal("db.1", vm.Folder.ReadConfig().Name);
        Assert.Equal(["db.1"], _there.Content);
        Assert.True(_there.Home.Existing("db.1").IsAlive);
        vm.Rename("db.1");
        Assert.Equal(["db.1"], _there.Content);
    }

    [Fact]
    public void Rename_to_a_taken_name_is_refused_and_changes_nothing()
    {
        _there.Resting("db");
        Directory.CreateDirectory(_there.PathOf("photos", "2026"));
        using LockedVm vm = _there.Define("web");
        Assert.Contains("'db'", Assert.Throws<VmmException>(() => vm.Rename("db")).Message, StringComparison.Ordinal);
        Assert.Throws<VmmException>(() => vm.Rename("photos"));
        Assert.Equal("web", vm.Folder.Name);
        Assert.Equal("web", vm.Folder.ReadConfig().Name);
        Assert.Equal("db", _there.Home.Existing("db").ReadConfig().Name);
        Assert.Equal(["db", "photos", "web"], _there.Content);
    }

    [Fact]
    public void Rename_takes_the_name_of_a_VM_that_was_to_leave_nothing()
    {
        _there.Resting("old", new VmRecord { RemoveAtEnd = true });
        using LockedVm vm = _there.Define("web");
        vm.Rename("old");
        Assert.Equal(["old"], _there.Content);
    }

    [Theory]
    [MemberData(nameof(Garbage))]
    public void Garbage_in_the_record_breaks_no_list(string garbage)
    {
        VmFolder folder = _there.Resting("web", new VmRecord { StartedAt = DateTimeOffset.UnixEpoch });
        File.WriteAllText(Path.Combine(folder.Path, "state.json"), garbage);
        Assert.Equal(["web"], _there.Names);
        Assert.Equal("created", VmView.Look(folder).State);
    }

    [Theory]
    [MemberData(nameof(Garbage))]
    public void Garbage_in_the_description_breaks_no_list(string garbage)
    {
        VmFolder folder = _there.Resting("web");
        File.WriteAllText(folder.ConfigFile, garbage);
        Assert.Equal(["web"], _there.Names);
        VmView view = VmView.Look(folder);
        Assert.Equal("web", VmRow.Of(view, view).Name);
        using LockedVm vm = folder.Take("remove");
        vm.Remove();
        Assert.Empty(_there.Content);
    }

    [Fact]
    public void VM_whose_description_is_gone_is_listed_as_damaged_and_can_be_removed()
    {
        VmFolder folder = _there.Resting("web");
        File.Delete(folder.ConfigFile);
        Assert.Equal(["web"], _there.Names);
        VmView view = VmView.Look(folder);
        Assert.Equal("damaged", VmRow.Of(view, view).State);
        using LockedVm vm = folder.Take("remove");
        vm.Remove();
        Assert.Empty(_there.Content);
    }

    [Fact]
    public void Folder_with_a_description_alone_is_somebody_s_own()
    {
        string folder = Path.Combine(_there.Home.Path, "mine");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "machine.json"), "{}");
        Assert.Empty(_there.Names);
    }

    [Fact]
    public void State_of_a_VM_that_does_not_run_tells_how_it_came_to_rest()
    {
        DateTimeOffset then = DateTimeOffset.UnixEpoch;
        VmRecord ended = new() { StartedAt = then, EndedAt = then };
        Assert.Equal("created", State("a", new VmRecord { CreatedAt = then }));
        Assert.Equal("killed", State("b", new VmRecord { StartedAt = then }));
        Assert.Equal("stopped", State("c", ended with { ExitCode = ExitCodes.PoweredOff }));
        Assert.Equal("stopped", State("d", ended with { ExitCode = 3 }));
        Assert.Equal("stopped", State("e", ended with { ExitCode = ExitCodes.Signalled(15) }));
        Assert.Equal("failed", State("f", ended with { ExitCode = ExitCodes.GuestCrashed }));
        Assert.Equal("failed", State("g", ended with { ExitCode = ExitCodes.Internal }));
        using LockedVm starting = _there.Define("h");
        Assert.Equal("starting", VmView.Look(starting.Folder).State);

        string State(string name, VmRecord record) => VmView.Look(_there.Resting(name, record)).State;
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage\n")]
    [InlineData("{}\n")]
    [InlineData("{\"status\":{\"name\":\"web\",\"of-a-later-version\":1}}\n")]
    [Trait("Row", "84")]
    public void Process_that_answers_with_garbage_is_shown_as_stuck_and_breaks_no_list(string answer)
    {
        using LockedVm vm = _there.Define("web");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(vm.Folder.ControlSocket));
        listener.Listen();
        Thread answering = new(() =>
        {
            using Socket client = listener.Accept();
            byte[] request = new byte[1000];
            client.Receive(request);
            client.Send(Encoding.UTF8.GetBytes(answer));
        });
        answering.Start();
        Assert.Equal("stuck", VmView.Look(vm.Folder).State);
        answering.Join();
    }

    /// <summary>As a process does that was stopped: the kernel still takes what is sent to it.</summary>
    [Fact]
    public void Process_that_does_not_answer_is_named_with_what_helps()
    {
        using LockedVm vm = _there.Define("web");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(vm.Folder.ControlSocket));
        listener.Listen();
        using ControlClient client = ControlClient.TryConnect(vm.Folder, TimeSpan.FromMilliseconds(100))!;
        VmmException silent = Assert.Throws<VmmException>(() => client.Ask(ControlVerb.Pause));
        Assert.Contains("did not answer within 0.1 s: it may be stopped (kill -CONT", silent.Message, StringComparison.Ordinal);
        Assert.Contains("vmm kill web ends it", silent.Message, StringComparison.Ordinal);
    }
}
