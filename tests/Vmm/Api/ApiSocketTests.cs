using System.Net.Sockets;
using Vmm.Api;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Api;

/// <summary>The socket in the file system: whose it is, and what may be there before.</summary>
public sealed class ApiSocketTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-socket-");

    private string Path => System.IO.Path.Combine(_folder.FullName, "api");

    public void Dispose() => _folder.Delete(recursive: true);

    private static ApiSocket Listen(string path) => new(new EndPoint(path, null));

    [Fact, Trait("Row", "85")]
    public void Socket_is_made_for_its_owner_alone_and_taken_away_again()
    {
        using (Listen(Path))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        Assert.False(File.Exists(Path));
    }

    [Fact, Trait("Row", "85")]
    public void Socket_that_a_living_process_serves_is_an_error_and_stays()
    {
        using ApiSocket alive = Listen(Path);
        VmmException wrong = Assert.Throws<VmmException>(() => Listen(Path));
        Assert.Contains("in use", wrong.Message, StringComparison.Ordinal);
        Assert.NotNull(UnixSocket.TryConnect(Path));
    }

    [Fact, Trait("Row", "85")]
    public void Stale_socket_is_replaced()
    {
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            dead.Bind(new UnixDomainSocketEndPoint(Path + "-"));
        // .NET takes its socket's file away; a process that was killed does not.
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(Path + "+"));
            File.Move(Path + "+", Path);
        }
        Assert.True(File.Exists(Path));
        using ApiSocket socket = Listen(Path);
        Assert.NotNull(UnixSocket.TryConnect(Path));
    }

    [Theory, Trait("Row", "85")]
    [InlineData(true)]
    [InlineData(false)]
    public void Link_is_not_followed(bool dangling)
    {
        string target = Path + ".target";
        if (!dangling)
            File.WriteAllText(target, "precious");
        File.CreateSymbolicLink(Path, target);
        VmmException wrong = Assert.Throws<VmmException>(() => Listen(Path));
        Assert.Contains("symbolic link", wrong.Message, StringComparison.Ordinal);
        Assert.Equal(!dangling, File.Exists(target));
    }

    [Fact, Trait("Row", "85")]
    public void Plain_file_is_not_replaced()
    {
        File.WriteAllText(Path, "precious");
        Assert.Throws<VmmException>(() => Listen(Path));
        Assert.Equal("precious", File.ReadAllText(Path));
    }

    [Fact, Trait("Row", "85")]
    public void Folder_that_is_not_there_is_named()
    {
        VmmException wrong = Assert.Throws<VmmException>(() => Listen("/nowhere/api"));
        Assert.Contains("/nowhere/api", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Descriptor_that_does_not_listen_is_refused()
    {
        using FileStream file = File.Create(Path);
        VmmException wrong = Assert.Throws<VmmException>(() => new ApiSocket(new EndPoint(null, (int)file.SafeFileHandle.DangerousGetHandle())));
        Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
    }
}
