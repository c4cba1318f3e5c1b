using System.Globalization;
using Vmm.Machine.Config;

namespace Vmm.Network.Passt;

/// <summary>What <c>passt</c> is told. Only options that its first packaged versions have and later ones kept (passt(1)).</summary>
internal static class PasstArguments
{
    /// <summary>Where it finds its socket.</summary>
    public const int Socket = 3;

    /// <summary>Where it writes its number when it is ready.</summary>
    public const int Ready = 4;

    /// <summary>The command line, the program's name included.</summary>
    public static IReadOnlyList<string> Of(NetConfig net)
    {
        List<string> arguments =
        [
            "passt",
            // Our child stays our child, and ends with the socket.
            "--foreground", "--quiet",
            "--fd", Text(Socket),
            "--pid", $"/proc/self/fd/{Ready}",
        ];
        if (net.Mtu is int mtu)
            arguments.AddRange("--mtu", Text(mtu));
        // Both, always: not told otherwise, it opens the UDP port of each TCP port.
        AddPorts(arguments, "--tcp-ports", net.Forward.Where(forward => forward.Protocol == PortProtocol.Tcp));
        AddPorts(arguments, "--udp-ports", net.Forward.Where(forward => forward.Protocol == PortProtocol.Udp));
        return arguments;
    }

    private static void AddPorts(List<string> arguments, string option, IEnumerable<PortForward> forwards)
    {
        string[] ports = [.. forwards.Select(Form)];
        foreach (string port in ports is [] ? ["none"] : ports)
            arguments.AddRange(option, port);
    }

    private static string Form(PortForward forward) =>
        string.Create(CultureInfo.InvariantCulture, $"{(forward.Address is null ? "" : forward.Address + "/")}{forward.HostPort}:{forward.GuestPort}");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
