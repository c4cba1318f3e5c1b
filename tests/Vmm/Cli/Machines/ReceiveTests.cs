using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Vmm.Migration.Protocol;
using Vmm.Migration.Transport;
using Vmm.Snapshot.State;
using Xunit;

namespace Vmm.Tests.Vmm.Cli.Machines;

/// <summary><c>vmm receive</c> as a process of its own, as far as it goes without a guest.</summary>
public sealed class ReceiveTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-receive-");

    private string SocketPath => Path.Combine(_folder.FullName, "m");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(15)]
    public void Signal_ends_the_wait_with_its_own_exit_code_and_leaves_nothing(int signal)
    {
        using VmmProcess waiting = new("receive", "unix:" + SocketPath);
        waiting.Await("waiting for a VM");
        waiting.Signal(signal);
        Assert.Equal(128 + signal, waiting.WaitForExit());
        Assert.False(File.Exists(SocketPath));
        Assert.DoesNotContain("can be received", waiting.Screen, StringComparison.Ordinal);
        Assert.DoesNotContain("taken over", waiting.Screen, StringComparison.Ordinal);
    }

    [Fact]
    public void Signal_during_a_migration_to_here_is_told_to_the_source()
    {
        using VmmProcess waiting = new("receive", "unix:" + SocketPath);
        waiting.Await("waiting for a VM");
        using Channel source = Channel.Over(Connect(), MessageRoute.ToSource, TimeSpan.FromSeconds(60));
        source.Send(MessageType.Hello, new HelloMessage(1, "x", SavedState.ThisArchitecture), MigrationJson.Default.HelloMessage);
        Assert.Equal(MessageType.Welcome, source.Receive(MigrationPhase.Hello).Type);
        waiting.Signal(2);
        Message refusal = source.Receive(MigrationPhase.Offer);
        Assert.Equal("it was given up at the destination (SIGINT)", refusal.As(MigrationJson.Default.ReasonMessage).Reason);
        Assert.Equal(130, waiting.WaitForExit());
        waiting.Await("vmm: no guest was taken over: it was given up at the destination (SIGINT)");
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public void Stranger_is_told_on_the_screen_and_the_wait_goes_on()
    {
        using VmmProcess waiting = new("receive", "unix:" + SocketPath);
        waiting.Await("waiting for a VM");
        using (Socket stranger = Connect())
            stranger.Send("x\n"u8);
        waiting.Await("is no source and was sent away: ");
        waiting.Signal(15);
        Assert.Equal(143, waiting.WaitForExit());
    }

    [Theory]
    [InlineData(ExitCodes.Usage, "'x y' is not a name", "--name", "x y")]
    [InlineData(ExitCodes.Usage, "--disk: ", "--disk", "id=")]
    [InlineData(ExitCodes.Usage, "--net: 'bogus' is none of", "--net", "bogus")]
    [InlineData(ExitCodes.Usage, "a name", "--disk", "d,id=a b")]
    [InlineData(ExitCodes.Usage, "'/proc/kmsg' is an interface", "--console", "file=/proc/kmsg")]
    [InlineData(ExitCodes.StartFailed, "there is no folder '/nodir'", "--console", "file=/nodir/x")]
    [InlineData(ExitCodes.StartFailed, "there is no folder '/nodir'", "--virtio-console", "file=/nodir/x")]
    [InlineData(ExitCodes.StartFailed, "there is no folder '/nodir'", "--log", "file=/nodir/x")]
    [InlineData(ExitCodes.Usage, "'x y' is not a name", "-d", "--name", "x y")]
    public void Wrong_option_is_told_before_it_waits(int code, string why, params string[] options)
    {
        using VmmProcess refused = new(["receive", "unix:" + SocketPath, .. options]);
        Assert.Equal(code, refused.WaitForExit());
        refused.Await(why);
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public void Options_that_depend_on_the_vm_that_comes_are_not_told_before()
    {
        using VmmProcess waiting = new("receive", "unix:" + SocketPath, "--disk", "a,id=one", "--disk", "a,id=two", "--memory-max", "8M", "--net", "passt", "--name", "copy",
            "--virtio-console", "tty", "--console", "file=" + Path.Combine(_folder.FullName, "c"));
        waiting.Await("waiting for a VM");
        waiting.Signal(15);
        Assert.Equal(143, waiting.WaitForExit());
    }

    /// <summary>What waits in the background has no name yet: it is ended by its number, which the user is told.</summary>
    [Fact]
    public void Process_that_waits_in_the_background_is_told_and_can_be_ended()
    {
        using VmmProcess starting = new("receive", "-d", "unix:" + SocketPath);
        Assert.Equal(0, starting.WaitForExit());
        starting.Await("ends that");
        Match told = Regex.Match(starting.Screen, @"^unix:(.*?)\s+vmm: process (\d+) waits there for a VM; 'kill \2' ends that\s+$");
        Assert.Equal(SocketPath, told.Groups[1].Value);
        Assert.True(File.Exists(SocketPath));
        using (Process kill = Process.Start("kill", told.Groups[2].Value))
            kill.WaitForExit();
        // It is no child of ours: that it went is seen by what it takes along.
        Assert.True(SpinWait.SpinUntil(() => !File.Exists(SocketPath), s_patience), "it did not end");
    }

    private Socket Connect()
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(SocketPath));
        return socket;
    }
}
