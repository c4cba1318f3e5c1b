using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Vmm.Host;
using Vmm.Migration.Transport;
using Vmm.Migration.Transport.Tls;
using Xunit;

namespace Vmm.Tests.Vmm.Migration.Tls;

/// <summary>Who is believed. Each side shows a certificate, of an authority that the other one knows.</summary>
public sealed class TlsIdentityTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    [Fact]
    public void Two_sides_of_one_authority_speak_the_newest_protocol()
    {
        (SslStream? source, SslStream? target, Exception? sourceFault, Exception? targetFault) = Shake(_authority.Issue("source"), _authority.Issue("target"), "target");
        Assert.Null(sourceFault);
        Assert.Null(targetFault);
        Assert.Equal(SslProtocols.Tls13, source!.SslProtocol);
        source.WriteByte(77);
        Assert.Equal(77, target!.ReadByte());
        target.WriteByte(78);
        Assert.Equal(78, source.ReadByte());
        source.Dispose();
        target.Dispose();
    }

    [Fact]
    public void Destination_of_another_authority_is_not_believed()
    {
        using TestAuthority other = new();
        (_, _, Exception? sourceFault, _) = Shake(_authority.Issue("source"), other.Issue("target", _authority.Root), "target");
        Assert.Contains("no TLS with the destination (target)", Assert.IsType<LinkException>(sourceFault).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Source_of_another_authority_is_not_believed()
    {
        using TestAuthority other = new();
        (_, _, _, Exception? targetFault) = Shake(other.Issue("source", _authority.Root), _authority.Issue("target"), "target");
        Assert.Contains("no TLS with the source", Assert.IsType<LinkException>(targetFault).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Destination_of_another_name_is_not_believed()
    {
        (_, _, Exception? sourceFault, _) = Shake(_authority.Issue("source"), _authority.Issue("target"), "elsewhere");
        Assert.Contains("(elsewhere)", Assert.IsType<LinkException>(sourceFault).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Name_that_is_asked_for_stands_for_that_of_the_host()
    {
        (SslStream? source, SslStream? target, Exception? sourceFault, _) = Shake(_authority.Issue("source") with { Name = "target" }, _authority.Issue("target"), "127.0.0.1");
        Assert.Null(sourceFault);
        source!.Dispose();
        target!.Dispose();
    }

    [Fact]
    public void Somebody_who_speaks_no_tls_is_told_apart()
    {
        using Pair pair = new();
        using TlsIdentity identity = TlsIdentity.Load(_authority.Issue("target"));
        pair.Source.Send("VMMG, in the clear, and quite enough of it"u8);
        pair.Source.Shutdown(SocketShutdown.Send);
        Assert.Contains("no TLS with the source", Assert.Throws<LinkException>(() => identity.Accept(new NetworkStream(pair.Target))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("certificate")]
    [InlineData("key")]
    [InlineData("authority")]
    public void File_that_is_none_is_named(string which)
    {
        string bad = _authority.Write("bad.pem", "-----BEGIN NOTHING-----\n");
        TlsFiles files = _authority.Issue("source");
        files = which switch
        {
            "certificate" => files with { Certificate = bad },
            "key" => files with { Key = bad },
            _ => files with { Authority = bad },
        };
        VmmException refused = Assert.Throws<VmmException>(() => TlsIdentity.Load(files));
        Assert.Contains(bad, refused.Message, StringComparison.Ordinal);
        VmmException missing = Assert.Throws<VmmException>(() => TlsIdentity.Load(files with { Authority = "/nowhere/ca.pem" }));
        Assert.StartsWith("--tls: ", missing.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _authority.Dispose();

    private static (SslStream? Source, SslStream? Target, Exception? SourceFault, Exception? TargetFault) Shake(TlsFiles source, TlsFiles target, string host)
    {
        Pair pair = new();
        SslStream? accepted = null, connected = null;
        Exception? targetFault = null;
        Thread accepting = new(() =>
        {
            using TlsIdentity identity = TlsIdentity.Load(target);
            targetFault = Record.Exception(() =>
            {
                accepted = identity.Accept(new NetworkStream(pair.Target, ownsSocket: true));
                // The source's certificate is looked at after the source has gone on: the first bytes tell.
                accepted.Write([1]);
            });
        });
        accepting.Start();
        using TlsIdentity identity = TlsIdentity.Load(source);
        Exception? sourceFault = Record.Exception(() =>
        {
            connected = identity.Connect(new NetworkStream(pair.Source, ownsSocket: true), host);
            _ = connected.ReadByte();
        });
        accepting.Join();
        return (connected, accepted, sourceFault, targetFault);
    }

    /// <summary>Two ends of a connection on loopback.</summary>
    private sealed class Pair : IDisposable
    {
        public Pair()
        {
            using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
            listener.Listen();
            Source = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 60_000 };
            Source.Connect(listener.LocalEndPoint!);
            Target = listener.Accept();
            Target.ReceiveTimeout = 60_000;
        }

        public Socket Source { get; }

        public Socket Target { get; }

        public void Dispose()
        {
            Source.Dispose();
            Target.Dispose();
        }
    }
}
