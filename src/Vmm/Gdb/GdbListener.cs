using System.Net;
using System.Net.Sockets;
using Vmm.Host;

namespace Vmm.Gdb;

/// <summary>The socket at which debuggers connect. Never waits.</summary>
internal sealed unsafe class GdbListener : IDisposable
{
    private const int Backlog = 4;

    private readonly SocketFile? _file;
    private readonly SafeFd? _port;

    /// <summary>Begins to listen; a stale Unix socket is replaced.</summary>
    /// <exception cref="VmmException">The place is taken, or not ours.</exception>
    public GdbListener(GdbAddress address)
    {
        if (address.Path is { } path)
        {
            _file = new SocketFile(path);
            Place = address.ToString();
            return;
        }
        try
        {
            // Connections inherit it: answers are small, and each is waited for.
            using Socket socket = new(address.Host!.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(address.Host, address.Port));
            socket.Listen(Backlog);
            Place = $"tcp:{socket.LocalEndPoint}";
            _port = SafeFd.Own(Linux.fcntl((int)socket.SafeHandle.DangerousGetHandle(), Linux.F_DUPFD_CLOEXEC, 0), "fcntl F_DUPFD_CLOEXEC");
        }
        catch (SocketException refused)
        {
            throw new VmmException($"--gdb: cannot listen on {address}: {refused.Message}; choose another port, or 0 for any", cause: refused);
        }
        if (Linux.fcntl(_port.Number, Linux.F_SETFL, Linux.O_NONBLOCK) < 0)
            throw HostException.Last("fcntl of a socket");
    }

    /// <summary>Where it listens, with the port that the kernel chose.</summary>
    public string Place { get; }

    /// <summary>The socket, to wait for.</summary>
    public SafeFd Socket => _file?.Listener ?? _port!;

    /// <summary>Takes the next client.</summary>
    /// <returns>A connection that does not block; null when there is none.</returns>
    public SafeFd? TryAccept()
    {
        if (_file is not null)
            return _file.TryAccept();
        while (true)
        {
            int fd = Linux.accept4(_port!.Number, null, null, Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC);
            if (fd >= 0)
                return new SafeFd(fd);
            if (!Linux.Interrupted)
                return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _port?.Dispose();
    }
}
