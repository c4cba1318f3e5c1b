namespace Vmm.Migration.Transport.Tls;

/// <summary>Where this side's certificate is, and those of whom it believes: PEM files, named as QEMU and libvirt name them.</summary>
/// <param name="Certificate">This side's, followed by those that lead to the authority's, if there are any between.</param>
/// <param name="Key">Its private key, not encrypted.</param>
/// <param name="Authority">Who is believed: the other side's certificate must come from one of these.</param>
/// <param name="Name">The name that the destination's certificate must bear; null for that of the host which is connected to.</param>
/// <param name="Option">What named the folder, for messages.</param>
internal sealed record TlsFiles(string Certificate, string Key, string Authority, string? Name = null, string Option = TlsFiles.Usual)
{
    private const string AuthorityFile = "ca-cert.pem";
    private const string Usual = "--tls";

    /// <summary>In a folder, for who migrates a guest away.</summary>
    public static TlsFiles OfSource(string folder, string? name, string option = Usual) => new(Path.Combine(folder, "client-cert.pem"), Path.Combine(folder, "client-key.pem"), Path.Combine(folder, AuthorityFile), name, option);

    /// <summary>In a folder, for who receives one.</summary>
    public static TlsFiles OfDestination(string folder, string option = Usual) => new(Path.Combine(folder, "server-cert.pem"), Path.Combine(folder, "server-key.pem"), Path.Combine(folder, AuthorityFile), Option: option);
}
