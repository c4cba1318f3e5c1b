using System.Text;
using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Network;

/// <summary>What is set on a tap through its descriptors.</summary>
internal static unsafe class TapControl
{
    private const uint Tcp = Linux.TUN_F_CSUM | Linux.TUN_F_TSO4 | Linux.TUN_F_TSO6 | Linux.TUN_F_TSO_ECN;
    private const uint Udp = Linux.TUN_F_USO4 | Linux.TUN_F_USO6;

    /// <summary>Finds out what the host's kernel can do, and leaves it switched off.</summary>
    public static NetworkOffloads Probe(SafeFd tap)
    {
        NetworkOffloads offloads = NetworkOffloads.None;
        if (TrySet(tap, Tcp))
            offloads = NetworkOffloads.Checksum | NetworkOffloads.Tso4 | NetworkOffloads.Tso6 | NetworkOffloads.Ecn;
        if (offloads != 0 && TrySet(tap, Tcp | Udp))
            offloads |= NetworkOffloads.Uso;
        TrySet(tap, 0);
        return offloads;
    }

    /// <summary>Says what frames may come with.</summary>
    /// <returns>False when the kernel refused.</returns>
    public static bool TrySetOffloads(SafeFd tap, NetworkOffloads offloads)
    {
        uint flags = (offloads & NetworkOffloads.Checksum) == 0 ? 0
            : Linux.TUN_F_CSUM
                | ((offloads & NetworkOffloads.Tso4) != 0 ? Linux.TUN_F_TSO4 : 0)
                | ((offloads & NetworkOffloads.Tso6) != 0 ? Linux.TUN_F_TSO6 : 0)
                | ((offloads & NetworkOffloads.Ecn) != 0 ? Linux.TUN_F_TSO_ECN : 0)
                | ((offloads & NetworkOffloads.Uso) != 0 ? Udp : 0);
        return TrySet(tap, flags);
    }

    /// <summary>Says how long the header before each frame is.</summary>
    public static void SetHeaderSize(SafeFd tap, int size)
    {
        if (Linux.ioctl(tap.Number, Linux.TUNSETVNETHDRSZ, (nint)(&size)) < 0)
            throw HostException.Last("ioctl TUNSETVNETHDRSZ");
    }

    /// <summary>Puts a queue to its tap, or takes it away: the kernel spreads frames over those that are there.</summary>
    /// <returns>False when the kernel refused.</returns>
    public static bool TryAttachQueue(SafeFd queue, bool on)
    {
        Linux.ifreq request = new() { ifr_flags = on ? Linux.IFF_ATTACH_QUEUE : Linux.IFF_DETACH_QUEUE };
        return Linux.ioctl(queue.Number, Linux.TUNSETQUEUE, (nint)(&request)) == 0;
    }

    /// <summary>A request about an interface.</summary>
    public static Linux.ifreq Request(string name)
    {
        Linux.ifreq request = default;
        Encoding.ASCII.GetBytes(name, new Span<byte>(request.ifr_name, Linux.ifreq.IFNAMSIZ - 1));
        return request;
    }

    private static bool TrySet(SafeFd tap, uint flags) => Linux.ioctl(tap.Number, Linux.TUNSETOFFLOAD, (nint)flags) == 0;
}
