using System.Net.Sockets;
using System.Text;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Ports;

public sealed class HostPortTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-ports-").FullName;

    private string SocketPath => Path.Combine(_folder, "port.sock");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact, Trait("Row", "85")]
    public void Socket_is_its_owner_s_alone_and_is_gone_in_the_end()
    {
        using (new FakeGuest(SocketPath))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketPath));
        Assert.False(Path.Exists(SocketPath));
    }

    [Fact, Trait("Row", "85")]
    public void Stale_socket_is_replaced_and_a_living_one_is_left_alone()
    {
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            dead.Bind(new UnixDomainSocketEndPoint(SocketPath));
        using FakeGuest guest = new(SocketPath);
        VmmException refused = Assert.Throws<VmmException>(() => new FakeGuest(SocketPath));
        Assert.Contains("a living process listens there", refused.Message, StringComparison.Ordinal);
        using Socket client = Connect();
        Assert.Equal(1u, guest.NextClient());
    }

    [Fact]
    public void Socket_is_removed_where_its_folder_was_moved_to_and_nothing_else_is()
    {
        string old = Path.Combine(_folder, "old"), moved = Path.Combine(_folder, "new");
        Directory.CreateDirectory(old);
        using (new FakeGuest(Path.Combine(old, "port.sock")))
        {
            Directory.Move(old, moved);
            Directory.CreateDirectory(old);
            File.WriteAllText(Path.Combine(old, "port.sock"), "another VM's");
        }
        Assert.Empty(Directory.GetFiles(moved));
        Assert.True(File.Exists(Path.Combine(old, "port.sock")));
    }

    [Fact]
    public void Bytes_go_both_ways()
    {
        using FakeGuest guest = new(SocketPath);
        guest.Open();
        using Socket client = Connect();
        Assert.Equal(1u, guest.NextClient());
        client.Send("to the guest"u8);
        Assert.Equal("to the guest"u8.ToArray(), guest.Read(12));
        guest.Write("from it"u8.ToArray());
        Assert.Equal("from it", Receive(client, 7));
        Assert.Equal((12L, 7L), (guest.Port.Metrics.ToGuestBytes, guest.Port.Metrics.FromGuestBytes));
        Assert.True(guest.Port.Metrics.HostOpen);
    }

    [Fact]
    public void Second_client_waits_until_the_first_has_gone()
    {
        using FakeGuest guest = new(SocketPath);
        guest.Open();
        Socket first = Connect();
        Assert.Equal(1u, guest.NextClient());
        using Socket second = Connect();
        second.Send("second"u8);
        first.Send("first "u8);
        Assert.Equal("first "u8.ToArray(), guest.Read(6));
        first.Dispose();
        Assert.Equal([0u, 2u], [guest.NextClient(), guest.NextClient()]);
        Assert.Equal("second"u8.ToArray(), guest.Read(6));
        guest.Write("answer"u8.ToArray());
        Assert.Equal("answer", Receive(second, 6));
    }

    [Fact, Trait("Row", "44")]
    public void Client_that_takes_nothing_makes_the_guest_wait_and_loses_nothing()
    {
        byte[] sent = new byte[4 << 20];
        new Random(1).NextBytes(sent);
        using FakeGuest guest = new(SocketPath);
        guest.Open();
        using Socket client = Connect();
        guest.NextClient();
        guest.Write(sent);
        Assert.InRange(guest.Written, 1, sent.Length - 1);
        byte[] got = new byte[sent.Length];
        for (int done = 0; done < got.Length;)
            done += client.Receive(got.AsSpan(done));
        Assert.True(sent.AsSpan().SequenceEqual(got));
        Assert.Equal(0, guest.Port.Metrics.DroppedBytes);
    }

    [Fact]
    public void What_a_client_sent_before_it_left_still_arrives()
    {
        using FakeGuest guest = new(SocketPath);
        guest.Open();
        using (Socket client = Connect())
            client.Send("farewell"u8);
        Assert.Equal([1u, 0u], [guest.NextClient(), guest.NextClient()]);
        Assert.Equal("farewell"u8.ToArray(), guest.Read(8));
    }

    [Fact]
    public void Client_that_sends_no_more_may_still_listen()
    {
        using FakeGuest guest = new(SocketPath);
        guest.Open();
        using Socket client = Connect();
        guest.NextClient();
        client.Send("question"u8);
        client.Shutdown(SocketShutdown.Send);
        guest.Read(8);
        guest.Write("answer"u8.ToArray());
        Assert.Equal("answer", Receive(client, 6));
    }

    [Fact]
    public void Client_that_left_while_nobody_in_the_guest_listens_keeps_no_place()
    {
        using FakeGuest guest = new(SocketPath);
        using (Socket client = Connect())
            client.Send("never read"u8);
        Assert.Equal([1u, 0u], [guest.NextClient(), guest.NextClient()]);
        // And one that leaves while the guest closes its end.
        using Socket next = Connect();
        Assert.Equal(2u, guest.NextClient());
    }

    [Fact]
    public void Hundreds_of_clients_come_and_go()
    {
        using FakeGuest guest = new(SocketPath);
        guest.Open();
        for (uint number = 1; number <= 300; number++)
        {
            using Socket client = Connect();
            client.Send([(byte)number]);
            Assert.Equal(number, guest.NextClient());
            Assert.Equal([(byte)number], guest.Read(1));
            client.Dispose();
            Assert.Equal(0u, guest.NextClient());
        }
    }

    private Socket Connect()
    {
        Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 60_000 };
        client.Connect(new UnixDomainSocketEndPoint(SocketPath));
        return client;
    }

    private static string Receive(Socket client, int count)
    {
        byte[] bytes = new byte[count];
        for (int done = 0; done < count;)
        {
            int got = client.Receive(bytes.AsSpan(done));
            Assert.NotEqual(0, got);
            done += got;
        }
        return Encoding.UTF8.GetString(bytes);
    }
}
