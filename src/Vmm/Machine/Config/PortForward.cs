using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Serialization;

namespace Vmm.Machine.Config;

/// <summary>A port of the host that leads to a port of the guest: <c>8080:80</c>, <c>127.0.0.1/8080:80</c>, <c>5353:53/udp</c>.</summary>
/// <param name="Address">The host's address; null for all of them.</param>
/// <param name="HostPort">Where the host listens.</param>
/// <param name="GuestPort">Where the guest does.</param>
/// <param name="Protocol">Of both.</param>
[JsonConverter(typeof(PortForwardConverter))]
internal readonly record struct PortForward(string? Address, ushort HostPort, ushort GuestPort, PortProtocol Protocol)
{
    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static PortForward Parse(string text)
    {
        string rest = text;
        PortProtocol protocol = PortProtocol.Tcp;
        foreach (PortProtocol known in Enum.GetValues<PortProtocol>())
        {
            string suffix = "/" + Word.Of(known);
            if (!rest.EndsWith(suffix, StringComparison.Ordinal))
                continue;
            (rest, protocol) = (rest[..^suffix.Length], known);
            break;
        }
        string? address = null;
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
            (address, rest) = (HostAddress(text, rest[..slash]), rest[(slash + 1)..]);
        int colon = rest.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            throw new FormatException($"'{Printable.Escape(text)}' is not of the form [ADDRESS/]HOSTPORT:GUESTPORT[/udp], such as 8080:80");
        return new(address, Port(text, rest[..colon]), Port(text, rest[(colon + 1)..]), protocol);
    }

    /// <summary>Whether both want one port of the host.</summary>
    public bool Collides(PortForward other) =>
        HostPort == other.HostPort && Protocol == other.Protocol && (Address is null || other.Address is null || Address == other.Address);

    /// <summary>As <see cref="Parse"/> takes it.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Address is null ? "" : Address + "/")}{HostPort}:{GuestPort}{(Protocol == PortProtocol.Udp ? "/udp" : "")}");

    /// <summary>An address as it is usually written. What the sockets library takes beyond that (1 for 0.0.0.1, octal) would surprise.</summary>
    private static string HostAddress(string whole, string text) =>
        IPAddress.TryParse(text, out IPAddress? address) && (address.AddressFamily == AddressFamily.InterNetworkV6 ? !text.AsSpan().ContainsAny('[', '%') : address.ToString() == text)
            ? address.ToString()
            : throw new FormatException($"'{Printable.Escape(whole)}': '{Printable.Escape(text)}' is not an address of the host, such as 127.0.0.1 or ::1");

    private static ushort Port(string whole, string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0
            ? port
            : throw new FormatException($"'{Printable.Escape(whole)}': '{Printable.Escape(text)}' is not a port: 1 to 65535");
}
