using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Vmm.Host;
using Vmm.Migration.Transport.Single;
using Vmm.Migration.Transport.Tls;

namespace Vmm.Migration.Transport;

/// <summary>Where a destination waits to be connected to.</summary>
internal sealed class MigrationListener : IDisposable
{
    private readonly Socket? _socket;
    private readonly SingleConnection? _single;
    private readonly MigrationAddress _address;
    private readonly TlsIdentity? _identity;
    private readonly Lock _closing = new();
    private SocketFile? _file;
    private bool _isClosed;

    /// <summary>Takes a socket that listens.</summary>
    /// <param name="address">Where.</param>
    /// <param name="socket">Owned from now on.</param>
    /// <param name="identity">Who this is, if only encrypted connections are taken; owned from now on.</param>
    public MigrationListener(MigrationAddress address, Socket socket, TlsIdentity? identity) => (_address, _socket, _identity) = (address, socket, identity);

    private MigrationListener(MigrationAddress address, SingleConnection single, TlsIdentity? identity) => (_address, _single, _identity) = (address, single, identity);

    /// <summary>Whether there is one connection, which carries all and cannot be made again.</summary>
    public bool IsSingle => _single is not null;

    /// <summary>Where it listens, with the port that the kernel chose.</summary>
    public string Place => _socket?.LocalEndPoint is IPEndPoint at
        ? string.Create(CultureInfo.InvariantCulture, $"tcp:{(at.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{at.Address}]" : at.Address)}:{at.Port}")
        : _address.ToString();

    /// <summary>Told why somebody who connected was sent away.</summary>
    public Action<string>? Refused { get; set; }

    /// <summary>Listens at a path, where only the user may connect to.</summary>
    /// <exception cref="VmmException">The place is taken, or not ours.</exception>
    public static MigrationListener AtPath(MigrationAddress address, string path, TlsIdentity? identity)
    {
        SocketFile file = new(path, waits: true);
        return new(address, new Socket(new SafeSocketHandle(file.Listener.Number, ownsHandle: false)), identity) { _file = file };
    }

    /// <summary>Takes a connection that there is already.</summary>
    /// <param name="address">What it is called.</param>
    /// <param name="connection">Owned from now on.</param>
    /// <param name="identity">Who this is, if it is to be encrypted; owned from now on.</param>
    /// <exception cref="LinkException">Who is at its other end is not believed.</exception>
    public static MigrationListener OverConnection(MigrationAddress address, SafeFd connection, TlsIdentity? identity)
    {
        try
        {
            Socket socket = SingleConnection.SocketOf(connection);
            return new(address, new SingleConnection(identity is null ? socket : TlsRelay.Accept(socket, identity), accepts: true), identity);
        }
        catch
        {
            identity?.Dispose();
            throw;
        }
    }

    /// <summary>Waits for a connection.</summary>
    /// <exception cref="VmmException">The listener was closed.</exception>
    public Socket Accept()
    {
        try
        {
            while (true)
            {
                if (_single is not null)
                    return _single.TryAccept(Timeout.InfiniteTimeSpan)!;
                if (TakeIn(_socket!.Accept()) is { } taken)
                    return taken;
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            throw new VmmException($"nothing can be received at {_address} any more ({closed.Message})", cause: closed);
        }
    }

    /// <summary>Waits for a connection for a moment.</summary>
    /// <returns>Null when none came.</returns>
    /// <exception cref="VmmException">The listener was closed.</exception>
    public Socket? TryAccept(TimeSpan patience)
    {
        try
        {
            if (_single is not null)
                return _single.TryAccept(patience);
            return _socket!.Poll(patience, SelectMode.SelectRead) ? TakeIn(_socket.Accept()) : null;
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            throw new VmmException($"nothing can be received at {_address} any more ({closed.Message})", cause: closed);
        }
    }

    /// <summary>Wakes who waits in <see cref="Accept"/>, from another thread.</summary>
    public void Stop()
    {
        _single?.Abort();
        lock (_closing)
        {
            if (_socket is not null && !_isClosed)
                _ = Linux.shutdown((int)_socket.SafeHandle.DangerousGetHandle(), Linux.SHUT_RDWR);
        }
    }

    /// <summary>Who has connected, unless it is nobody whom we believe.</summary>
    private Socket? TakeIn(Socket accepted)
    {
        if (accepted.AddressFamily != AddressFamily.Unix)
            accepted.NoDelay = true;
        if (_identity is null)
            return accepted;
        try
        {
            return TlsRelay.Accept(accepted, _identity);
        }
        catch (LinkException stranger)
        {
            Refused?.Invoke(stranger.Message);
            return null;
        }
    }

    /// <summary>
    /// Nobody comes any more: the place is free for another before the source hears that all is well, and with it whoever may use it
    /// again at once. One connection stays, for what is still to be said.
    /// </summary>
    public void Close()
    {
        if (!IsSingle)
            Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_closing)
        {
            _isClosed = true;
            // Its file goes while it still listens.
            _file?.Dispose();
            // A child that is just being started has a copy of it, which would keep the port. (With a file it is closed by now.)
            if (_file is null && _socket is { IsBound: true } && !_socket.SafeHandle.IsClosed)
                _ = Linux.shutdown((int)_socket.SafeHandle.DangerousGetHandle(), Linux.SHUT_RDWR);
            _socket?.Dispose();
        }
        _single?.Dispose();
        _identity?.Dispose();
    }
}
