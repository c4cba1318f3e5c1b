using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Migration.Transport.Single;
using Vmm.Migration.Transport.Tls;

namespace Vmm.Migration.Transport;

/// <summary>Where a migration goes: <c>tcp:HOST:PORT</c>, <c>unix:PATH</c>, or <c>fd:N</c> for a connection that there is already.</summary>
internal sealed record MigrationAddress
{
    private const string Tcp = "tcp:";
    private const string Unix = "unix:";
    private const string Fd = "fd:";

    private MigrationAddress(string? host, int port, string? path, int? descriptor = null) => (Host, Port, Path, Descriptor) = (host, port, path, descriptor);

    /// <summary>The host's name or address, without brackets; null for a Unix socket.</summary>
    public string? Host { get; }

    /// <summary>Its TCP port; 0 lets the kernel choose one to listen on.</summary>
    public int Port { get; }

    /// <summary>The Unix socket; null for TCP.</summary>
    public string? Path { get; }

    /// <summary>The number of a descriptor that is a connection, in the process that the user has started; null for a place to connect to.</summary>
    public int? Descriptor { get; }

    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static MigrationAddress Parse(string text)
    {
        if (text.StartsWith(Unix, StringComparison.Ordinal) && text.Length > Unix.Length)
            return new MigrationAddress(null, 0, ParsePath(text[Unix.Length..]));
        if (text.StartsWith(Fd, StringComparison.Ordinal) && int.TryParse(text.AsSpan(Fd.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            return new MigrationAddress(null, 0, null, number);
        int colon = text.LastIndexOf(':');
        if (!text.StartsWith(Tcp, StringComparison.Ordinal) || colon <= Tcp.Length
            || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            throw new FormatException($"'{Printable.Escape(text)}' is none of tcp:HOST:PORT, unix:PATH, fd:NUMBER");
        }
        return new MigrationAddress(text[Tcp.Length..colon].Trim('[', ']'), port, null);
    }

    /// <summary>As <see cref="Parse"/> takes it.</summary>
    public override string ToString() => Descriptor is int number ? $"{Fd}{number}" : Path is not null ? Unix + Path : Host!.Contains(':', StringComparison.Ordinal) ? $"{Tcp}[{Host}]:{Port}" : $"{Tcp}{Host}:{Port}";

    /// <summary>Connects to it.</summary>
    /// <exception cref="VmmException">Nobody listens there, or the way is closed.</exception>
    public Socket Connect()
    {
        if (Path is not null)
            return ConnectToPath(Path);
        Exception? why = null;
        foreach (IPEndPoint place in Places())
        {
            Socket? socket = null;
            try
            {
                socket = NewSocket(place);
                socket.Connect(place);
                return socket;
            }
            catch (SocketException refused)
            {
                socket?.Dispose();
                why = refused;
            }
        }
        throw Unreachable(why?.Message ?? "it has no address", why);
    }

    /// <summary>Listens there.</summary>
    /// <param name="identity">Who this is, if only encrypted connections are taken; owned from now on.</param>
    /// <exception cref="VmmException">The place is taken, or not ours.</exception>
    public MigrationListener Listen(TlsIdentity? identity = null)
    {
        if (Descriptor is int number)
            return MigrationListener.OverConnection(this, InheritedConnection.Open(number), identity);
        if (Path is not null)
            return MigrationListener.AtPath(this, Path, identity);
        IPEndPoint place = Places().FirstOrDefault() ?? throw new VmmException($"{this} has no address here");
        Socket? socket = null;
        try
        {
            socket = NewSocket(place);
            socket.Bind(place);
            socket.Listen(MigrationOptions.MostConnections);
            return new MigrationListener(this with { }, socket, identity);
        }
        catch (SocketException refused)
        {
            socket?.Dispose();
            throw new VmmException($"cannot listen on {this}: {refused.Message}", cause: refused);
        }
    }

    private static string ParsePath(string path)
    {
        try
        {
            PathRules.Check(Unix, path);
        }
        catch (MachineConfigException wrong)
        {
            throw new FormatException($"{wrong.Field} {wrong.Reason}", wrong);
        }
        return System.IO.Path.GetFullPath(path);
    }

    /// <summary>By the folder's descriptor: a path may be longer than a socket's address has room for.</summary>
    private Socket ConnectToPath(string path)
    {
        try
        {
            return SingleConnection.SocketOf(UnixSocket.TryConnect(path) ?? throw Unreachable("nobody listens there", null));
        }
        catch (HostException refused)
        {
            throw Unreachable(refused.Message, refused);
        }
    }

    private VmmException Unreachable(string why, Exception? cause) => new($"cannot connect to {this}: {why}; is 'vmm receive' waiting there?", cause: cause);

    private static Socket NewSocket(IPEndPoint place) => new(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private IEnumerable<IPEndPoint> Places()
    {
        // One that is no host's but all of this host's, such as 0.0.0.0, cannot be looked up.
        if (IPAddress.TryParse(Host, out IPAddress? given))
            return [new IPEndPoint(given, Port)];
        try
        {
            return Dns.GetHostAddresses(Host!).Select(address => new IPEndPoint(address, Port));
        }
        catch (Exception unknown) when (unknown is SocketException or ArgumentException)
        {
            throw new VmmException($"{this}: the host '{Printable.Escape(Host!)}' is not known ({unknown.Message})", cause: unknown);
        }
    }
}
