using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>Tap interfaces (linux/if_tun.h, net/if.h, bits/ioctls.h), what becomes of them (linux/rtnetlink.h), and frames through descriptors (sys/uio.h).</summary>
internal static unsafe partial class Linux
{
    public const uint TUNSETIFF = 0x4004_54CA;
    public const uint TUNGETIFF = 0x8004_54D2;
    public const uint TUNSETOFFLOAD = 0x4004_54D0;
    public const uint TUNSETVNETHDRSZ = 0x4004_54D8;
    public const uint TUNSETQUEUE = 0x4004_54D9;

    public const short IFF_TUN = 1;
    public const short IFF_TAP = 2;
    public const short IFF_MULTI_QUEUE = 0x100;
    public const short IFF_ATTACH_QUEUE = 0x200;
    public const short IFF_DETACH_QUEUE = 0x400;
    public const short IFF_NO_PI = 0x1000;
    public const short IFF_VNET_HDR = 0x4000;

    public const uint TUN_F_CSUM = 1;
    public const uint TUN_F_TSO4 = 2;
    public const uint TUN_F_TSO6 = 4;
    public const uint TUN_F_TSO_ECN = 8;

    /// <summary>Since Linux 6.2.</summary>
    public const uint TUN_F_USO4 = 0x20;

    /// <summary>Since Linux 6.2.</summary>
    public const uint TUN_F_USO6 = 0x40;

    public const uint SIOCGIFFLAGS = 0x8913;
    public const uint SIOCSIFFLAGS = 0x8914;
    public const uint SIOCGIFMTU = 0x8921;
    public const uint SIOCSIFMTU = 0x8922;
    public const short IFF_UP = 1;

    public const int SOCK_SEQPACKET = 5;
    public const int SOCK_RAW = 3;

    public const ushort AF_NETLINK = 16;
    public const int NETLINK_ROUTE = 0;

    /// <summary>Tells of interfaces that come, change and go.</summary>
    public const uint RTMGRP_LINK = 1;

    /// <summary>struct sockaddr_nl (linux/netlink.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct sockaddr_nl
    {
        public ushort nl_family;
        public ushort nl_pad;
        public uint nl_pid;
        public uint nl_groups;
    }

    /// <summary>struct ifreq: a name, and what an ioctl says of it.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 40)]
    public struct ifreq
    {
        /// <summary>With the NUL at its end.</summary>
        public const int IFNAMSIZ = 16;

        [FieldOffset(0)] public fixed byte ifr_name[IFNAMSIZ];
        [FieldOffset(16)] public short ifr_flags;
        [FieldOffset(16)] public int ifr_mtu;
    }

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int bind(int fd, sockaddr_nl* address, uint length);
}
