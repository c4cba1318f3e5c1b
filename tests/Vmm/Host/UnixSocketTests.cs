using System.Diagnostics;
using System.Runtime.InteropServices;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Host;

[Trait("Row", "85")]
[Collection(AloneCollection.Name)]
public sealed partial class UnixSocketTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-socket-").FullName;

    private string Socket => Path.Combine(_folder, "s");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(18)]
    [InlineData(63)]
    public void Socket_is_its_owner_s_alone_whatever_the_umask(uint mask)
    {
        uint before = umask(mask);
        try
        {
            using SafeFd listener = UnixSocket.Listen(Socket);
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(Socket));
        }
        finally
        {
            _ = umask(before);
        }
    }

    [Fact]
    public void Folder_in_a_socket_s_place_is_told_to_be_one()
    {
        VmmException refused = Assert.Throws<VmmException>(() => UnixSocket.Listen(_folder));
        Assert.Equal($"cannot make the socket '{_folder}': a folder is there; give a path in it, or another one", refused.Message);
    }

    [Fact]
    public void Socket_of_a_dead_process_is_replaced()
    {
        UnixSocket.Listen(Socket).Dispose();
        Assert.True(File.Exists(Socket));
        Assert.Null(UnixSocket.TryConnect(Socket));
        using SafeFd listener = UnixSocket.Listen(Socket);
        using SafeFd? client = UnixSocket.TryConnect(Socket);
        Assert.NotNull(client);
    }

    [Fact]
    public void Socket_of_a_living_process_is_an_error_and_goes_on()
    {
        using SafeFd listener = UnixSocket.Listen(Socket);
        Assert.Contains("in use", Assert.Throws<VmmException>(() => UnixSocket.Listen(Socket)).Message, StringComparison.Ordinal);
        using SafeFd? client = UnixSocket.TryConnect(Socket);
        Assert.NotNull(client);
    }

    [Fact]
    public void Symbolic_link_is_refused_and_stays()
    {
        string target = Path.Combine(_folder, "target");
        File.CreateSymbolicLink(Socket, target);
        Assert.Contains("symbolic link", Refused(), StringComparison.Ordinal);
        UnixSocket.Listen(target).Dispose();
        Assert.Contains("symbolic link", Refused(), StringComparison.Ordinal);
        Assert.Equal(target, new FileInfo(Socket).LinkTarget);
        Assert.True(File.Exists(target));
    }

    [Fact]
    public void Plain_file_is_refused_and_stays()
    {
        File.WriteAllText(Socket, "precious");
        Assert.Contains("no socket", Refused(), StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(Socket));
    }

    [Fact]
    public void Fifo_is_refused_and_stays()
    {
        using (Process process = Process.Start("mkfifo", [Socket]))
            process.WaitForExit();
        Assert.Contains("no socket", Refused(), StringComparison.Ordinal);
        Assert.True(File.Exists(Socket));
    }

    [Fact]
    public void Folder_is_refused_and_stays()
    {
        Directory.CreateDirectory(Socket);
        Refused();
        Assert.True(Directory.Exists(Socket));
    }

    [Fact]
    public void Path_longer_than_an_address_works()
    {
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, new string('d', 200))).FullName, "control.sock");
        using SafeFd listener = UnixSocket.Listen(path);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
        using SafeFd? client = UnixSocket.TryConnect(path);
        Assert.NotNull(client);
    }

    [Fact]
    public void Name_longer_than_an_address_is_refused()
    {
        string path = Path.Combine(_folder, new string('n', 120));
        Assert.Contains("too long", Assert.Throws<VmmException>(() => UnixSocket.Listen(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing/s")]
    [InlineData("s\0t")]
    [InlineData("")]
    public void Path_that_cannot_be_used_is_refused(string path) =>
        Assert.ThrowsAny<VmmException>(() => UnixSocket.Listen(path.Length == 0 ? path : Path.Combine(_folder, path)));

    [Fact]
    public void Nobody_listens_where_nothing_is_or_a_file_is()
    {
        Assert.Null(UnixSocket.TryConnect(Socket));
        File.WriteAllText(Socket, "");
        Assert.Null(UnixSocket.TryConnect(Socket));
    }

    [Fact]
    public void Only_a_listening_stream_socket_is_a_listener()
    {
        using SafeFd listener = UnixSocket.Listen(Socket);
        using SafeFd? client = UnixSocket.TryConnect(Socket);
        using FileStream file = new(Path.Combine(_folder, "file"), FileMode.Create);
        using SafeFd datagram = SafeFd.Own(Linux.socket(Linux.AF_UNIX, Linux.SOCK_DGRAM | Linux.SOCK_CLOEXEC, 0), "socket");
        Assert.True(UnixSocket.IsListener(listener.Number));
        Assert.False(UnixSocket.IsListener(client!.Number));
        Assert.False(UnixSocket.IsListener((int)file.SafeFileHandle.DangerousGetHandle()));
        Assert.False(UnixSocket.IsListener(datagram.Number));
        Assert.False(UnixSocket.IsListener(-1));
    }

    private string Refused() => Assert.Throws<VmmException>(() => UnixSocket.Listen(Socket)).Message;

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);
}
