using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Vmm.Host;
using Vmm.Network;
using Xunit;

namespace Vmm.Tests.Vmm.Network;

/// <summary>A network namespace of a thread's own, gone with the thread; and what tests do with interfaces in it.</summary>
internal static unsafe partial class NetNamespace
{
    public const ushort TestType = 0x88B5;

    private const int CLONE_NEWNET = 0x4000_0000;
    private const ushort AF_PACKET = 17;
    private const ushort ETH_P_ALL = 3;
    private const uint SIOCGIFINDEX = 0x8933;
    private const uint TUNSETPERSIST = 0x4004_54CB;

    /// <summary>Runs a test in one; skips where this user may not have one, or the host has no taps.</summary>
    public static void Run(Action body)
    {
        ExceptionDispatchInfo? thrown = null;
        Thread thread = new(() =>
        {
            try
            {
                Assert.SkipUnless(unshare(CLONE_NEWNET) == 0, $"no network namespace for this user ({Linux.LastError})");
                Assert.SkipUnless(File.Exists("/dev/net/tun"), "this host has no /dev/net/tun");
                body();
            }
            catch (Exception failure)
            {
                thrown = ExceptionDispatchInfo.Capture(failure);
            }
        });
        thread.Start();
        thread.Join();
        thrown?.Throw();
    }

    /// <summary>The two ends of a socket pair.</summary>
    public static (SafeFd Ours, SafeFd Theirs) Pair(int type)
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, socketpair(Linux.AF_UNIX, type | Linux.SOCK_CLOEXEC, 0, ends));
        return (new SafeFd(ends[0]), new SafeFd(ends[1]));
    }

    /// <summary>A socket that sees and sends whole frames on an interface.</summary>
    public static SafeFd Wire(string name)
    {
        ushort all = (ushort)(ETH_P_ALL << 8);
        SafeFd wire = SafeFd.Own(Linux.socket(AF_PACKET, 3 | Linux.SOCK_CLOEXEC, all), "socket AF_PACKET");
        Linux.ifreq request = TapControl.Request(name);
        Assert.Equal(0, Linux.ioctl(wire.Number, SIOCGIFINDEX, (nint)(&request)));
        sockaddr_ll address = new() { sll_family = AF_PACKET, sll_protocol = all, sll_ifindex = request.ifr_mtu };
        Assert.Equal(0, bind(wire.Number, &address, (uint)sizeof(sockaddr_ll)));
        Linux.timeval patience = new() { tv_sec = 30 };
        Assert.Equal(0, Linux.setsockopt(wire.Number, Linux.SOL_SOCKET, Linux.SO_RCVTIMEO, &patience, (uint)sizeof(Linux.timeval)));
        return wire;
    }

    /// <summary>Makes a tap that stays.</summary>
    public static void MakeTap(string name, short flags)
    {
        using SafeFd tap = SafeFd.Own(Linux.open("/dev/net/tun", Linux.O_RDWR | Linux.O_CLOEXEC, 0), "open /dev/net/tun");
        Linux.ifreq request = TapControl.Request(name);
        request.ifr_flags = flags;
        Assert.Equal(0, Linux.ioctl(tap.Number, Linux.TUNSETIFF, (nint)(&request)));
        Assert.Equal(0, Linux.ioctl(tap.Number, TUNSETPERSIST, 1));
    }

    /// <summary>An interface's flags; null when there is none.</summary>
    public static short? Flags(string name)
    {
        using SafeFd any = SafeFd.Own(Linux.socket(Linux.AF_UNIX, Linux.SOCK_DGRAM, 0), "socket");
        Linux.ifreq request = TapControl.Request(name);
        return Linux.ioctl(any.Number, Linux.SIOCGIFFLAGS, (nint)(&request)) == 0 ? request.ifr_flags : null;
    }

    public static void Write(SafeFd fd, byte[] frame)
    {
        fixed (byte* bytes = frame)
            Assert.Equal(frame.Length, Linux.write(fd.Number, bytes, (nuint)frame.Length));
    }

    /// <summary>The next frame of the tests' own type: a new interface is full of others.</summary>
    public static byte[] Read(SafeFd fd)
    {
        byte[] frame = new byte[70000];
        while (true)
        {
            nint count;
            fixed (byte* bytes = frame)
                count = Linux.read(fd.Number, bytes, (nuint)frame.Length);
            Assert.True(count > 0, $"read: {Linux.LastError}");
            if (frame[12] == TestType >> 8 && frame[13] == (TestType & 0xff))
                return frame[..(int)count];
        }
    }

    public static byte[] Frame(int length, int seed = 1)
    {
        byte[] frame = new byte[length];
        new Random(seed).NextBytes(frame);
        frame.AsSpan(0, 6).Fill(0xFF);
        (frame[6], frame[12], frame[13]) = (2, TestType >> 8, TestType & 0xff);
        return frame;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct sockaddr_ll
    {
        public ushort sll_family;
        public ushort sll_protocol;
        public int sll_ifindex;
        public ushort sll_hatype;
        public byte sll_pkttype;
        public byte sll_halen;
        public ulong sll_addr;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socketpair(int domain, int type, int protocol, int* ends);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int fd, sockaddr_ll* address, uint length);
}
