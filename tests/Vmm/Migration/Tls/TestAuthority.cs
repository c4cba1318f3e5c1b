using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Vmm.Migration.Transport.Tls;

namespace Vmm.Tests.Vmm.Migration.Tls;

/// <summary>An authority of a test's own, and the files of those it vouches for.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-tls-");
    private readonly X509Certificate2 _root;

    public TestAuthority()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Write("ca-cert.pem", _root.ExportCertificatePem());
    }

    public string Folder => _folder.FullName;

    public string Root => Path.Combine(Folder, "ca-cert.pem");

    /// <summary>The files of a host that has this name.</summary>
    public TlsFiles Issue(string name, string? authority = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(_root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
        return new TlsFiles(
            Write($"{name}-cert.pem", certificate.ExportCertificatePem()),
            Write($"{name}-key.pem", key.ExportPkcs8PrivateKeyPem()),
            authority ?? Root);
    }

    public string Write(string name, string text)
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose()
    {
        _root.Dispose();
        _folder.Delete(recursive: true);
    }
}
