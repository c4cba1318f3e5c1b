using System.Net.Sockets;
using Vmm.Host;
using Vmm.Migration.Transport.Single;
using Vmm.Migration.Transport.Tls;

namespace Vmm.Migration.Transport;

/// <summary>The way to a destination: where it is, and how who is there is known.</summary>
internal sealed class MigrationRoute : IDisposable
{
    private readonly MigrationAddress _address;
    private readonly TlsIdentity? _identity;

    private readonly SingleConnection? _single;

    private MigrationRoute(MigrationAddress address, TlsIdentity? identity) => (_address, _identity) = (address, identity);

    private MigrationRoute(MigrationAddress address, TlsIdentity? identity, SingleConnection single) => (_address, _identity, _single) = (address, identity, single);

    /// <summary>Prepares it; nothing is connected yet.</summary>
    /// <param name="address">Where.</param>
    /// <param name="options">With the folder of certificates, if there is to be TLS.</param>
    /// <param name="connection">The connection, where the address names one: the user's process has handed it over. Owned from now on.</param>
    /// <exception cref="VmmException">A certificate cannot be read, or the address is none for such a migration.</exception>
    public static MigrationRoute To(MigrationAddress address, MigrationOptions options, SafeFd? connection = null)
    {
        using SafeFd? passed = connection;
        CheckOptions(address, options);
        TlsIdentity? identity = options.TlsFolder is { } folder ? TlsIdentity.Load(TlsFiles.OfSource(folder, options.TlsName)) : null;
        if (address.Descriptor is not int number)
            return new(address, identity);
        try
        {
            if (passed is null)
                throw new VmmException($"{address} is a descriptor of another process, which has not handed it over", ExitCodes.Usage);
            InheritedConnection.Check(passed, number);
            Socket socket = SingleConnection.SocketOf(passed);
            return new(address, identity, new SingleConnection(identity is null ? socket : TlsRelay.Connect(socket, identity, host: null), accepts: false));
        }
        catch
        {
            identity?.Dispose();
            throw;
        }
    }

    /// <summary>Looks whether the address is one for such a migration.</summary>
    /// <exception cref="VmmException">It is not.</exception>
    public static void CheckOptions(MigrationAddress address, MigrationOptions options)
    {
        if (options.Local && address.Path is null)
            throw new VmmException($"a local migration hands the memory over by a Unix socket: {address} is none (unix:PATH)", ExitCodes.Usage);
        if (options.Local && options.TlsFolder is not null)
            throw new VmmException("a local migration goes without TLS: the memory never leaves the host", ExitCodes.Usage);
        if (address.Descriptor is null)
            return;
        if (options.Connections > 1)
            throw new VmmException($"{address} is one connection, and {options.Connections} were asked for (--connections)", ExitCodes.Usage);
        if (options.MayPostCopy)
            throw new VmmException($"{address} cannot be made again if it is lost, and a guest whose memory follows it would wait for ever: migrate it by pre-copy (--mode precopy)", ExitCodes.Usage);
    }

    /// <summary>Makes a connection.</summary>
    /// <exception cref="VmmException">Nobody listens there, or it is not who it should be.</exception>
    public Socket Connect()
    {
        if (_single is not null)
            return _single.Open();
        Socket socket = _address.Connect();
        return _identity is null ? socket : TlsRelay.Connect(socket, _identity, _address.Host);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _single?.Dispose();
        _identity?.Dispose();
    }
}
