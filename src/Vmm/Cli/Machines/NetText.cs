using System.Globalization;
using Vmm.Machine.Config;

namespace Vmm.Cli.Machines;

/// <summary>A network device in one line.</summary>
internal static class NetText
{
    /// <summary>Its back end, address, link, and what is not as usual.</summary>
    /// <param name="net">The device.</param>
    /// <param name="used">The address that the guest has; null where it does not run.</param>
    public static string Of(NetConfig net, string? used)
    {
        string own = net.Mac?.ToString() ?? "";
        List<string> parts =
        [
            net.Tap is not null ? $"tap {net.Tap}" : net.Fd is not null ? $"fd {string.Join(':', net.Fd)}" : "passt",
            used is null || used == own ? own : $"{used} (until the guest is booted again: then {own})",
            $"link {Word.Of(net.Link)}",
        ];
        if (net.Queues > 1)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{net.Queues} pairs of queues"));
        if (net.Vhost is NetVhost.On or NetVhost.Auto)
            parts.Add($"vhost {Word.Of(net.Vhost.Value)}");
        if (net.Mtu is int mtu)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"MTU {mtu}"));
        parts.AddRange(net.Forward.Select(forward => $"forward {forward}"));
        return string.Join(", ", parts.Where(part => part.Length > 0));
    }
}
