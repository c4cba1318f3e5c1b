using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Migration.Transport.Tls;

/// <summary>Who this side is, and whom it believes. TLS 1.3 and nothing older; both sides show a certificate.</summary>
internal sealed class TlsIdentity : IDisposable
{
    private readonly X509Certificate2 _own;
    private readonly X509Certificate2Collection _chain = [];
    private readonly X509Certificate2Collection _authorities = [];
    private readonly string? _name;

    private TlsIdentity(X509Certificate2 own, string? name) => (_own, _name) = (own, name);

    /// <summary>Reads the files.</summary>
    /// <exception cref="VmmException">One cannot be read, or is not what it should be; it is named.</exception>
    public static TlsIdentity Load(TlsFiles files)
    {
        TlsIdentity identity = new(Read(files, files.Certificate, "a certificate with its key", () => X509Certificate2.CreateFromPemFile(files.Certificate, files.Key), files.Key), files.Name);
        try
        {
            Read(files, files.Certificate, "certificates", () => Import(identity._chain, files.Certificate));
            identity._chain.RemoveAt(0);
            Read(files, files.Authority, "certificates", () => Import(identity._authorities, files.Authority));
            return identity;
        }
        catch
        {
            identity.Dispose();
            throw;
        }
    }

    /// <summary>Speaks TLS as who connects.</summary>
    /// <param name="stream">The connection; owned from now on.</param>
    /// <param name="host">Whom it is connected to; null where that has no name.</param>
    /// <exception cref="LinkException">The other side is not believed, does not believe this one, or speaks something else.</exception>
    public SslStream Connect(Stream stream, string? host)
    {
        string name = _name ?? host ?? "localhost";
        return Shake(stream, tls => tls.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = name,
            EnabledSslProtocols = SslProtocols.Tls13,
            ClientCertificateContext = SslStreamCertificateContext.Create(_own, _chain, offline: true),
            CertificateChainPolicy = Policy("1.3.6.1.5.5.7.3.1"),
            RemoteCertificateValidationCallback = (_, certificate, _, errors) => certificate is not null && errors == SslPolicyErrors.None,
        }), $"the destination ({name})");
    }

    /// <summary>Speaks TLS as who is connected to.</summary>
    /// <param name="stream">The connection; owned from now on.</param>
    /// <inheritdoc cref="Connect" path="/exception"/>
    public SslStream Accept(Stream stream) => Shake(stream, tls => tls.AuthenticateAsServer(new SslServerAuthenticationOptions
    {
        EnabledSslProtocols = SslProtocols.Tls13,
        ClientCertificateRequired = true,
        ServerCertificateContext = SslStreamCertificateContext.Create(_own, _chain, offline: true),
        CertificateChainPolicy = Policy("1.3.6.1.5.5.7.3.2"),
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => certificate is not null && errors == SslPolicyErrors.None,
    }), "the source");

    /// <inheritdoc/>
    public void Dispose()
    {
        _own.Dispose();
        foreach (X509Certificate2 certificate in _chain.Concat(_authorities))
            certificate.Dispose();
    }

    /// <summary>Only these authorities, for this purpose; they are asked for no list of what they have revoked.</summary>
    private X509ChainPolicy Policy(string purpose)
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(_authorities);
        policy.ApplicationPolicy.Add(new Oid(purpose));
        return policy;
    }

    private static SslStream Shake(Stream stream, Action<SslStream> shake, string whom)
    {
        SslStream tls = new(stream);
        try
        {
            shake(tls);
            return tls;
        }
        catch (Exception failed) when (failed is AuthenticationException or IOException or InvalidOperationException or CryptographicException)
        {
            tls.Dispose();
            throw new LinkException($"no TLS with {whom}: {failed.Message}{(failed.InnerException is { } why ? $" ({why.Message})" : "")}; look at both sides' --tls", failed);
        }
    }

    private static bool Import(X509Certificate2Collection into, string path)
    {
        into.ImportFromPemFile(path);
        return into.Count > 0 ? true : throw new CryptographicException("there is none in it");
    }

    private static T Read<T>(TlsFiles files, string path, string what, Func<T> read, string? also = null)
    {
        try
        {
            return read();
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new VmmException($"{files.Option}: '{Printable.Escape(path)}'{(also is null ? "" : $" and '{Printable.Escape(also)}'")} cannot be read as {what} in PEM: {FileFault.Why(failed, path)}", cause: failed);
        }
    }
}
