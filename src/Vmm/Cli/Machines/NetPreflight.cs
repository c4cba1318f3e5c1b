using System.Globalization;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Network;
using Vmm.Network.Passt;
using Vmm.Network.Vhost;

namespace Vmm.Cli.Machines;

/// <summary>Looks, before a VM is created, at what a network device will need of the host.</summary>
internal static class NetPreflight
{
    /// <summary>What there is.</summary>
    /// <exception cref="VmmException">Something is missing or taken; says what would mend it.</exception>
    public static string Look(NetConfig net)
    {
        if (net.Passt)
        {
            string program = PasstProgram.Find();
            ForwardedPorts.Check(net);
            return net.Forward.Count == 0 ? program : $"{program}; free: {string.Join(", ", net.Forward)}";
        }
        if (net.Vhost == NetVhost.On && !File.Exists(VhostDevice.Path))
            throw new VmmException($"this host has no {VhostDevice.Path}; load its module ('modprobe vhost_net'), or leave vhost out");
        return net.Tap is string tap ? LookAtTap(tap) : LookAtDescriptors(net);
    }

    private static string LookAtTap(string tap)
    {
        if (!TapOpener.Exists(tap))
        {
            return Linux.geteuid() == 0
                ? $"tap {tap}, which vmm will make"
                : throw new VmmException($"there is no interface '{tap}'; as root: ip tuntap add {tap} mode tap user {Environment.UserName} && ip link set {tap} up");
        }
        if (TapOpener.Try(tap))
            return $"tap {tap}, free";
        // One of several queues: it has a carrier while somebody holds any, and is up.
        Span<byte> carrier = stackalloc byte[2];
        if (ProcFile.Read($"/sys/class/net/{tap}/carrier", carrier) > 0 && carrier[0] == (byte)'1')
            throw new VmmException($"tap '{tap}' is in use: another process holds it");
        return $"tap {tap}, there; others may hold queues of it";
    }

    private static string LookAtDescriptors(NetConfig net)
    {
        foreach (int fd in net.Fd!)
        {
            if (Linux.fcntl(fd, Linux.F_GETFD, 0) < 0)
                throw new VmmException(string.Create(CultureInfo.InvariantCulture, $"descriptor {fd} is not open in this process; a VM that is started later inherits nothing: use tap=NAME"));
        }
        return $"descriptors {string.Join(", ", net.Fd)}, open";
    }
}
