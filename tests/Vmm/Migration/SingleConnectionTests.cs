using System.Net;
using System.Net.Sockets;
using Vmm.Host;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Receiving;
using Vmm.Migration.Sending;
using Vmm.Migration.Transport;
using Vmm.Migration.Transport.Single;
using Vmm.Migration.Transport.Tls;
using Vmm.Tests.Vmm.Migration.Tls;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>A migration over one connection that there is already: <c>fd:N</c>.</summary>
public sealed unsafe class SingleConnectionTests
{
    private const ulong Size = 16 * MigrationRig.MiB;

    private static readonly MigrationOptions s_options = new() { Patience = TimeSpan.FromSeconds(20) };

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Guest_goes_over_one_connection_with_all_that_it_has(bool tcp, bool zstd)
    {
        (SafeFd here, SafeFd there) = tcp ? TcpPair() : Pair();
        using FakeGuest source = new(Size) { Runs = true, HasDisks = true };
        using FakeGuest target = new(Size);
        new Random(1).NextBytes(source.Bytes);
        source.Works = guest => guest.Write(3 << 20, (byte)(guest.Bytes[3 << 20] + 1));
        Exception? fault = null;
        Thread receives = new(() => fault = Record.Exception(() => Receive(there, target)));
        receives.Start();
        MigrationResult result = Send(here, source, s_options with { Zstd = zstd });
        receives.Join();
        Assert.Null(fault);
        Assert.True(source.Bytes.SequenceEqual(target.Bytes));
        Assert.Equal(source.State, target.State);
        Assert.True(target is { Runs: true, HasDisks: true } && !source.Runs && !source.HasDisks);
        Assert.True(result.Rounds >= 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Guest_goes_over_one_connection_that_is_encrypted(bool tcp)
    {
        using TestAuthority authority = new();
        authority.Issue("client");
        authority.Issue("server");
        (SafeFd here, SafeFd there) = tcp ? TcpPair() : Pair();
        using FakeGuest source = new(Size) { Runs = true, HasDisks = true };
        using FakeGuest target = new(Size);
        new Random(1).NextBytes(source.Bytes);
        Exception? fault = null;
        Thread receives = new(() => fault = Record.Exception(() => Receive(there, target, TlsIdentity.Load(TlsFiles.OfDestination(authority.Folder)))));
        receives.Start();
        Send(here, source, s_options with { TlsFolder = authority.Folder, TlsName = "server" });
        receives.Join();
        Assert.Null(fault);
        Assert.True(source.Bytes.SequenceEqual(target.Bytes));
        Assert.True(target.Runs && !source.Runs);
    }

    [Fact]
    public void Side_that_speaks_in_the_clear_where_the_other_wants_tls_keeps_its_guest()
    {
        using TestAuthority authority = new();
        authority.Issue("server");
        (SafeFd here, SafeFd there) = Pair();
        using FakeGuest source = new(Size) { Runs = true, HasDisks = true };
        using FakeGuest target = new(Size);
        Exception? fault = null;
        Thread receives = new(() => fault = Record.Exception(() => Receive(there, target, TlsIdentity.Load(TlsFiles.OfDestination(authority.Folder)))));
        receives.Start();
        Assert.Contains("the guest stays here", Assert.Throws<VmmException>(() => Send(here, source, s_options)).Message, StringComparison.Ordinal);
        receives.Join();
        Assert.Contains("no TLS with the source", Assert.IsType<LinkException>(fault).Message, StringComparison.Ordinal);
        Assert.True(source.Runs && !target.Runs);
    }

    [Fact]
    [Trait("Row", "76")]
    public void Source_that_wants_more_than_one_connection_can_carry_is_refused_by_the_destination()
    {
        (SafeFd here, SafeFd there) = Pair();
        using FakeGuest source = new(Size) { Runs = true, HasDisks = true };
        using FakeGuest target = new(Size);
        Exception? fault = null;
        Thread receives = new(() => fault = Record.Exception(() => Receive(there, target)));
        receives.Start();
        using SingleConnection lanes = new(SingleConnection.SocketOf(here), accepts: false);
        using MigrationSender sender = new(source, lanes.Open, "there", s_options with { Connections = 2 });
        VmmException refused = Assert.Throws<VmmException>(() => sender.Run(CancellationToken.None));
        receives.Join();
        Assert.Contains("has one connection (fd:7)", refused.Message, StringComparison.Ordinal);
        Assert.True(source.Runs);
        Assert.IsType<VmmException>(fault);
    }

    [Theory]
    [Trait("Row", "75")]
    [InlineData(false)]
    [InlineData(true)]
    public void Connection_that_is_lost_leaves_the_guest_where_it_is(bool atOnce)
    {
        (SafeFd here, SafeFd there) = Pair();
        using FakeGuest source = new(Size) { Runs = true, HasDisks = true };
        source.Bytes.Fill(7);
        Thread peer = new(() =>
        {
            using (there)
            {
                byte* some = stackalloc byte[100];
                if (!atOnce)
                    _ = Linux.read(there.Number, some, 100);
            }
        });
        peer.Start();
        Assert.Contains("the guest stays here", Assert.Throws<VmmException>(() => Send(here, source, s_options)).Message, StringComparison.Ordinal);
        peer.Join();
        Assert.True(source is { Runs: true, HasDisks: true });
    }

    // A lane that cannot be yet, one too many, one longer than may be, noise, a piece that is cut.
    [Theory]
    [Trait("Row", "71")]
    [Trait("Row", "75")]
    [InlineData("0100000004000000aaaaaaaa")]
    [InlineData("ffffffff04000000aaaaaaaa")]
    [InlineData("0000000001000100")]
    [InlineData("00000000ffffffff")]
    [InlineData("474554202f20485454502f312e310d0a")]
    [InlineData("0000000004000000aaaa")]
    [InlineData("000000")]
    public void Noise_ends_the_destination_in_one_line(string said)
    {
        (SafeFd here, SafeFd there) = Pair();
        using FakeGuest target = new(Size);
        Exception? fault = null;
        Thread receives = new(() => fault = Record.Exception(() => Receive(there, target)));
        receives.Start();
        using (here)
        {
            fixed (byte* bytes = Convert.FromHexString(said))
                _ = Linux.send(here.Number, bytes, (nuint)(said.Length / 2), Linux.MSG_NOSIGNAL);
        }
        receives.Join();
        Assert.StartsWith("no guest was taken over: ", Assert.IsType<VmmException>(fault).Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
        Assert.False(target.Runs);
    }

    [Fact]
    public void Descriptor_that_is_no_connection_is_refused_and_says_what_it_is()
    {
        using Socket idle = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using Socket listens = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listens.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listens.Listen();
        using Socket datagrams = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using SafeFd file = SafeFd.Own(Linux.open("/dev/null", Linux.O_RDWR | Linux.O_CLOEXEC, 0), "open");
        foreach ((int number, string because) in (ReadOnlySpan<(int, string)>)
        [
            (file.Number, "is no socket"), ((int)datagrams.Handle, "no stream"), ((int)listens.Handle, "that listens"),
            ((int)idle.Handle, "not connected"), (999_999, "is not open"),
        ])
        {
            VmmException refused = Assert.Throws<VmmException>(() => InheritedConnection.Open(number));
            Assert.StartsWith($"fd:{number} ", refused.Message, StringComparison.Ordinal);
            Assert.Contains(because, refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("fd:")]
    [InlineData("fd:-1")]
    [InlineData("fd:x")]
    [InlineData("fd: 3")]
    [InlineData("fd:99999999999")]
    public void Place_that_is_no_descriptor_is_none(string place) =>
        Assert.Contains("fd:NUMBER", Assert.Throws<FormatException>(() => MigrationAddress.Parse(place)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_one_connection_cannot_do_is_refused_before_it_is_begun()
    {
        MigrationAddress place = MigrationAddress.Parse("fd:7");
        Assert.Equal("fd:7", place.ToString());
        Assert.Contains("--connections", Refusal(s_options with { Connections = 2 }), StringComparison.Ordinal);
        Assert.Contains("precopy", Refusal(s_options with { Mode = MigrationMode.Hybrid }), StringComparison.Ordinal);
        Assert.Contains("precopy", Refusal(s_options with { OnTimeout = TimeoutPolicy.Postcopy }), StringComparison.Ordinal);
        Assert.Contains("unix:PATH", Refusal(s_options with { Mode = MigrationMode.Local }), StringComparison.Ordinal);
        Assert.Contains("has not handed it over", Refusal(s_options), StringComparison.Ordinal);

        string Refusal(MigrationOptions options) => Assert.Throws<VmmException>(() => MigrationRoute.To(place, options)).Message;
    }

    private static MigrationResult Send(SafeFd connection, FakeGuest guest, MigrationOptions options)
    {
        using MigrationRoute route = MigrationRoute.To(MigrationAddress.Parse("fd:7"), options, connection);
        using MigrationSender sender = new(guest, route.Connect, "there", options);
        return sender.Run(CancellationToken.None);
    }

    private static void Receive(SafeFd connection, FakeGuest guest, TlsIdentity? identity = null)
    {
        using MigrationReceiver receiver = new(MigrationListener.OverConnection(MigrationAddress.Parse("fd:7"), connection, identity), s_options.Patience);
        OfferMessage offer = receiver.WaitForOffer();
        receiver.Receive(offer, guest);
        guest.Runs = true;
        Assert.Null(receiver.Started());
    }

    private static (SafeFd, SafeFd) Pair()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, Linux.socketpair(Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0, ends));
        return (new SafeFd(ends[0]), new SafeFd(ends[1]));
    }

    private static (SafeFd, SafeFd) TcpPair()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using Socket near = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        near.Connect(listener.LocalEndPoint!);
        using Socket far = listener.Accept();
        return (InheritedConnection.Open((int)near.Handle), InheritedConnection.Open((int)far.Handle));
    }
}
