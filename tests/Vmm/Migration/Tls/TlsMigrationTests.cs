using System.Net;
using System.Net.Sockets;
using Vmm.Host;
using Vmm.Migration;
using Vmm.Migration.Sending;
using Vmm.Migration.Transport;
using Vmm.Migration.Transport.Tls;
using Xunit;

namespace Vmm.Tests.Vmm.Migration.Tls;

/// <summary>Whole migrations through TLS.</summary>
public sealed class TlsMigrationTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public TlsMigrationTests()
    {
        _authority.Issue("client");
        _authority.Issue("server");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Every_byte_arrives_through_tls(int connections)
    {
        using MigrationRig rig = new(tcp: true, identity: TlsIdentity.Load(TlsFiles.OfDestination(_authority.Folder)))
        {
            Options = new() { Connections = connections, TlsFolder = _authority.Folder, TlsName = "server" },
        };
        new Random(1).NextBytes(rig.Source.Bytes);
        rig.Source.Works = guest => guest.Write(5, 77);
        rig.Run();
        Assert.Null(rig.SourceFault);
        Assert.Null(rig.TargetFault);
        Assert.Equal(77, rig.Target.Bytes[5]);
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
        Assert.True(rig.Target.Runs && !rig.Source.Runs);
    }

    [Fact]
    public void Source_without_tls_is_sent_away_and_the_next_one_is_taken()
    {
        using MigrationRig rig = new(tcp: true, identity: TlsIdentity.Load(TlsFiles.OfDestination(_authority.Folder)))
        {
            Options = new() { TlsFolder = _authority.Folder, TlsName = "server" },
        };
        using (Socket stranger = MigrationAddress.Parse(rig.Place).Connect())
            stranger.Send("VMMG: in the clear, and more than enough of it for a record of TLS"u8);
        rig.Run();
        Assert.Null(rig.SourceFault);
        Assert.Contains("no TLS with the source", Assert.Single(rig.Strangers), StringComparison.Ordinal);
        Assert.True(rig.Target.Runs);
    }

    [Fact]
    public void Source_without_tls_that_is_hung_up_on_is_told_what_it_may_lack()
    {
        using MigrationRig rig = new();
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using MigrationSender sender = new(rig.Source, () =>
        {
            Socket mine = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            mine.Connect(listener.LocalEndPoint!);
            listener.Accept().Dispose();
            return mine;
        }, "tcp:127.0.0.1:1", new MigrationOptions());
        VmmException told = Assert.Throws<VmmException>(() => sender.Run(TestContext.Current.CancellationToken));
        Assert.Contains("give --tls here, too; the guest stays here", told.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _authority.Dispose();
}
