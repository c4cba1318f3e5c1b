using System.Net.Sockets;
using Vmm.Host;
using Vmm.Migration.Transport;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

public sealed class MigrationAddressTests
{
    [Theory]
    [InlineData("unix:")]
    [InlineData("unix:/tmp/\0x")]
    [InlineData("unix:/proc/self/mem")]
    [InlineData("tcp:host")]
    [InlineData("tcp::1")]
    [InlineData("tcp:host:65536")]
    [InlineData("fd:-1")]
    [InlineData("http://host:1")]
    [InlineData("")]
    public void What_is_no_place_is_refused_as_it_is_read(string text) => Assert.Throws<FormatException>(() => MigrationAddress.Parse(text));

    /// <summary>As a destination listens that is reached by any of its host's addresses.</summary>
    [Theory]
    [InlineData("tcp:0.0.0.0:0", "127.0.0.1")]
    [InlineData("tcp:[::]:0", "[::1]")]
    [InlineData("tcp:127.0.0.1:0", "127.0.0.1")]
    [InlineData("tcp:localhost:0", "localhost")]
    public void Destination_listens_at_one_address_or_at_all(string where, string reachedBy)
    {
        if (where.Contains("::", StringComparison.Ordinal) && !Socket.OSSupportsIPv6)
            Assert.Skip("this host has no IPv6");
        using MigrationListener listener = MigrationAddress.Parse(where).Listen();
        string port = listener.Place[(listener.Place.LastIndexOf(':') + 1)..];
        using Socket source = MigrationAddress.Parse($"tcp:{reachedBy}:{port}").Connect();
        using Socket target = listener.Accept();
        Assert.Equal(1, source.Send([7]));
        Assert.Equal(1, target.Receive(new byte[1]));
    }

    /// <summary>Longer than the 108 bytes of a socket's address.</summary>
    [Fact]
    public void Socket_far_down_in_the_file_system_is_reached()
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("vmm-address-");
        try
        {
            string folder = Directory.CreateDirectory(Path.Combine(root.FullName, new string('d', 200))).FullName;
            MigrationAddress place = MigrationAddress.Parse($"unix:{folder}/m");
            using MigrationListener listener = place.Listen();
            using Socket source = place.Connect();
            using Socket target = listener.Accept();
            Assert.Equal(1, source.Send([7]));
            byte[] got = new byte[1];
            Assert.Equal(1, target.Receive(got));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("unix:/nowhere/m", "its folder cannot be opened")]
    [InlineData("unix:/tmp/vmm-nobody-listens-here", "is 'vmm receive' waiting there?")]
    [InlineData("tcp:127.0.0.1:1", "is 'vmm receive' waiting there?")]
    public void Place_where_nobody_is_is_told(string text, string why) =>
        Assert.Contains(why, Assert.Throws<VmmException>(() => MigrationAddress.Parse(text).Connect()).Message, StringComparison.Ordinal);

    [Fact]
    public void Name_that_is_too_long_for_a_socket_is_told() =>
        Assert.Contains("too long", Assert.Throws<VmmException>(() => MigrationAddress.Parse($"unix:/tmp/{new string('n', 150)}").Connect()).Message, StringComparison.Ordinal);
}
