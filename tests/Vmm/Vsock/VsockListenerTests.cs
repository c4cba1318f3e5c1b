using System.Net.Sockets;
using Vmm.Host;
using Vmm.Vsock;
using Xunit;

namespace Vmm.Tests.Vmm.Vsock;

[Trait("Row", "85")]
[Collection(AloneCollection.Name)]
public sealed class VsockListenerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-vsock-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "v");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Socket_is_its_owner_s_alone_and_goes_at_the_end()
    {
        using (new VsockListener(Path))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Socket_of_a_killed_process_is_replaced_and_that_of_a_living_one_is_an_error()
    {
        UnixSocket.Listen(Path).Dispose();
        using VsockListener listener = new(Path);
        Assert.Contains("in use", Assert.Throws<VmmException>(() => new VsockListener(Path)).Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Path));
    }

    [Fact]
    public void File_that_took_its_place_stays()
    {
        using (new VsockListener(Path))
        {
            File.Move(Path, Path + ".old");
            File.WriteAllText(Path, "mine");
        }
        Assert.Equal("mine", File.ReadAllText(Path));
    }

    [Fact]
    public void Longest_name_leaves_room_for_every_port()
    {
        using VsockListener listener = new(System.IO.Path.Combine(_folder, new string('v', 64)));
        Assert.Null(UnixSocket.TryConnectAtOnce(listener.Folder, $"{new string('v', 64)}_{uint.MaxValue}"));
    }

    [Fact]
    public void Folder_that_is_not_there_is_named()
    {
        string path = System.IO.Path.Combine(_folder, "none", "v");
        Assert.Contains("none/v", Assert.Throws<VmmException>(() => new VsockListener(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Program_that_comes_while_the_guest_reboots_waits()
    {
        using VsockListener listener = new(Path);
        using Socket program = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        program.Connect(new UnixDomainSocketEndPoint(Path));
        Assert.True(program.Connected);
    }
}
