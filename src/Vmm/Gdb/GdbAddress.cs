using System.Globalization;
using System.Net;
using Vmm.Machine.Config;

namespace Vmm.Gdb;

/// <summary>Where a debugger is waited for: <c>tcp:ADDRESS:PORT</c> or <c>unix:PATH</c>.</summary>
internal sealed record GdbAddress
{
    /// <summary>What an address looks like, for the help.</summary>
    public const string Form = "tcp:[ADDRESS]:PORT|unix:PATH";

    private const string Tcp = "tcp:";
    private const string Unix = "unix:";

    private GdbAddress(IPAddress? host, int port, string? path) => (Host, Port, Path) = (host, port, path);

    /// <summary>The address of this host; null for a Unix socket.</summary>
    public IPAddress? Host { get; }

    /// <summary>The TCP port; 0 lets the kernel choose one.</summary>
    public int Port { get; }

    /// <summary>The Unix socket, from the root; null for TCP.</summary>
    public string? Path { get; }

    /// <summary>Reads it. Names are not looked up, but for localhost: a debugger has no password, and is to be where one means it.</summary>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static GdbAddress Parse(string text)
    {
        if (text.StartsWith(Unix, StringComparison.Ordinal) && text.Length > Unix.Length)
            return AtPath(text[Unix.Length..]);
        int colon = text.LastIndexOf(':');
        if (!text.StartsWith(Tcp, StringComparison.Ordinal) || colon < Tcp.Length)
            throw new FormatException($"'{Printable.Escape(text)}' is neither tcp:ADDRESS:PORT nor unix:PATH");
        if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            throw new FormatException($"'{Printable.Escape(text[(colon + 1)..])}' is not a port, 0 to {ushort.MaxValue}");
        string host = text[Tcp.Length..colon].Trim('[', ']');
        if (host is "" or "localhost")
            return new GdbAddress(IPAddress.Loopback, port, null);
        return IPAddress.TryParse(host, out IPAddress? address)
            ? new GdbAddress(address, port, null)
            : throw new FormatException($"'{Printable.Escape(host)}' is not an address of this host, such as 127.0.0.1");
    }

    /// <summary>As <see cref="Parse"/> takes it.</summary>
    public override string ToString() => Path is not null ? Unix + Path : $"{Tcp}{new IPEndPoint(Host!, Port)}";

    private static GdbAddress AtPath(string path)
    {
        try
        {
            PathRules.Check("gdb", path);
        }
        catch (MachineConfigException wrong)
        {
            throw new FormatException(wrong.Reason, wrong);
        }
        return new GdbAddress(null, 0, System.IO.Path.GetFullPath(path));
    }
}
