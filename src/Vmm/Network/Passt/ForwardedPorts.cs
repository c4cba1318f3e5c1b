using System.Net;
using System.Net.Sockets;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Network.Passt;

/// <summary>
/// Whether the host's ports can be had. <c>passt</c> itself takes what it can of a port, and is silent when that is IPv6
/// only; so each is tried before it starts.
/// </summary>
internal static class ForwardedPorts
{
    /// <summary>Opens each for a moment.</summary>
    /// <exception cref="VmmException">One cannot be had; says why.</exception>
    public static void Check(NetConfig net)
    {
        foreach (PortForward forward in net.Forward)
        {
            if (forward.Address is string address)
            {
                Try(net, forward, IPAddress.Parse(address));
                continue;
            }
            Try(net, forward, IPAddress.Any);
            if (Socket.OSSupportsIPv6)
                Try(net, forward, IPAddress.IPv6Any);
        }
    }

    private static void Try(NetConfig net, PortForward forward, IPAddress address)
    {
        bool isTcp = forward.Protocol == PortProtocol.Tcp;
        try
        {
            using Socket socket = new(address.AddressFamily, isTcp ? SocketType.Stream : SocketType.Dgram, isTcp ? ProtocolType.Tcp : ProtocolType.Udp);
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = false;
            socket.Bind(new IPEndPoint(address, forward.HostPort));
            if (isTcp)
                socket.Listen();
        }
        catch (SocketException refused)
        {
            if (Explain(refused.SocketErrorCode, forward) is string reason)
                throw new VmmException($"{net.Id}: forward={forward}: {reason}", cause: refused);
        }
    }

    /// <summary>Null for what is nobody's mistake: a host without this kind of address.</summary>
    private static string? Explain(SocketError error, PortForward forward) => error switch
    {
        SocketError.AddressAlreadyInUse =>
            $"port {forward.HostPort} of the host is in use; choose another, or see who has it (ss -{(forward.Protocol == PortProtocol.Tcp ? "t" : "u")}lnp)",
        SocketError.AccessDenied =>
            $"only root may open port {forward.HostPort} of the host; choose one from 1024 on, or allow it (sysctl -w net.ipv4.ip_unprivileged_port_start={forward.HostPort})",
        SocketError.AddressNotAvailable when forward.Address is not null => $"{forward.Address} is not an address of this host",
        SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable => null,
        _ => $"port {forward.HostPort} of the host cannot be opened ({error})",
    };
}
