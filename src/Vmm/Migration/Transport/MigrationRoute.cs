using System.Net.Sockets;
using Vmm.Host;
using Vmm.Migration.Transport.Tls;

namespace Vmm.Migration.Transport;

/// <summary>The way to a destination: where it is, and how who is there is known.</summary>
internal sealed class MigrationRoute : IDisposable
{
    private readonly MigrationAddress _address;
    private readonly TlsIdentity? _identity;

    private MigrationRoute(MigrationAddress address, TlsIdentity? identity) => (_address, _identity) = (address, identity);

    /// <summary>Prepares it; nothing is connected yet.</summary>
    /// <param name="address">Where.</param>
    /// <param name="options">With the folder of certificates, if there is to be TLS.</param>
    /// <exception cref="VmmException">A certificate cannot be read, or the address is none for such a migration.</exception>
    public static MigrationRoute To(MigrationAddress address, MigrationOptions options)
    {
        if (options.Local && address.Path is null)
            throw new VmmException($"a local migration hands the memory over by a Unix socket: {address} is none (unix:PATH)", ExitCodes.Usage);
        if (options.Local && options.TlsFolder is not null)
            throw new VmmException("a local migration goes without TLS: the memory never leaves the host", ExitCodes.Usage);
        return new(address, options.TlsFolder is { } folder ? TlsIdentity.Load(TlsFiles.OfSource(folder, options.TlsName)) : null);
    }

    /// <summary>Makes a connection.</summary>
    /// <exception cref="VmmException">Nobody listens there, or it is not who it should be.</exception>
    public Socket Connect()
    {
        Socket socket = _address.Connect();
        return _identity is null ? socket : TlsRelay.Connect(socket, _identity, _address.Host);
    }

    /// <inheritdoc/>
    public void Dispose() => _identity?.Dispose();
}
