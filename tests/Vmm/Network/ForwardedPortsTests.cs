using System.Net;
using System.Net.Sockets;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Network.Passt;
using Xunit;

namespace Vmm.Tests.Vmm.Network;

public sealed class ForwardedPortsTests
{
    private static void Check(PortForward forward) => ForwardedPorts.Check(new() { Id = "net0", Passt = true, Forward = [forward] });

    private static Socket Take(SocketType type, ProtocolType protocol, out ushort port)
    {
        Socket socket = new(AddressFamily.InterNetwork, type, protocol);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        port = (ushort)((IPEndPoint)socket.LocalEndPoint!).Port;
        return socket;
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(true, "127.0.0.1")]
    [InlineData(false, null)]
    [InlineData(false, "127.0.0.1")]
    public void Port_that_is_taken_is_told_by_its_number(bool isTcp, string? address)
    {
        PortProtocol protocol = isTcp ? PortProtocol.Tcp : PortProtocol.Udp;
        using Socket taken = Take(isTcp ? SocketType.Stream : SocketType.Dgram, isTcp ? ProtocolType.Tcp : ProtocolType.Udp, out ushort port);
        if (isTcp)
            taken.Listen();
        VmmException refused = Assert.Throws<VmmException>(() => Check(new(address, port, 80, protocol)));
        Assert.Contains($"port {port} of the host is in use", refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("net0: forward=", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Port_of_the_other_protocol_is_not_in_the_way()
    {
        using Socket taken = Take(SocketType.Stream, ProtocolType.Tcp, out ushort port);
        taken.Listen();
        Check(new("127.0.0.1", port, 80, PortProtocol.Udp));
    }

    [Fact]
    public void Address_that_the_host_has_not_is_told() =>
        // An address of a network that is for documentation (RFC 5737).
        Assert.Contains("203.0.113.77 is not an address of this host",
            Assert.Throws<VmmException>(() => Check(new("203.0.113.77", 40000, 80, PortProtocol.Tcp))).Message, StringComparison.Ordinal);

    [Fact]
    public void Free_port_is_free_afterwards()
    {
        using Socket taken = Take(SocketType.Stream, ProtocolType.Tcp, out ushort free);
        taken.Dispose();
        Check(new("127.0.0.1", free, 80, PortProtocol.Tcp));
        Check(new("127.0.0.1", free, 80, PortProtocol.Tcp));
    }
}
