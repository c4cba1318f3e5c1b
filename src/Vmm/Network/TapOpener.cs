using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Spec;
using Vmm.Host;

namespace Vmm.Network;

/// <summary>
/// Opens a tap of the host by its name: one that is there, or one that is made for this machine, set up, and gone with it.
/// Every refusal is one line that names the tap and says what to do.
/// </summary>
internal static unsafe class TapOpener
{
    private const string Device = "/dev/net/tun";

    /// <summary>Opens it.</summary>
    /// <param name="options">Which, and how many queues.</param>
    /// <param name="loop">The device's event thread.</param>
    /// <exception cref="VmmException">It cannot be used.</exception>
    public static DescriptorBackend Open(TapOptions options, EventLoop loop)
    {
        List<SafeFd> queues = [];
        try
        {
            using SafeFd interfaces = Interfaces();
            bool existed = TryGetFlags(interfaces, options.Name) is not null;
            bool multi = options.QueuePairs > 1;
            for (int i = 0; i < options.QueuePairs; i++)
                queues.Add(OpenQueue(options, existed, ref multi));
            foreach (SafeFd queue in queues)
                TapControl.SetHeaderSize(queue, NetworkDevice.HeaderSize);
            if (!existed)
                SetUp(interfaces, options);
            NetworkOffloads offloads = TapControl.Probe(queues[0]);
            FrameDescriptor[] pairs = [.. queues.Select(queue => new FrameDescriptor(queue, loop, hasHeader: true, endsWithPeer: false))];
            return new DescriptorBackend(pairs, offloads, MtuOf(interfaces, options.Name), options.Engine?.Invoke(queues));
        }
        catch
        {
            foreach (SafeFd queue in queues)
                queue.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is an interface of that name.</summary>
    public static bool Exists(string name)
    {
        using SafeFd interfaces = Interfaces();
        return TryGetFlags(interfaces, name) is not null;
    }

    /// <summary>Takes a tap that is there, and gives it back at once.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>False when that was not tried: taking one of several queues would take frames from whoever has the others.</returns>
    /// <exception cref="VmmException">It is no tap, another user's, or another process has it.</exception>
    public static bool Try(string name)
    {
        TapOptions options = new(name);
        using SafeFd queue = OpenDevice(options);
        Errno error = Take(queue, name, multi: false);
        return error == Errno.None || (error == Errno.EINVAL && IsTap(name) ? false : throw Refuse(options, Reason(options, existed: true, error)));
    }

    private static SafeFd OpenQueue(TapOptions options, bool existed, ref bool multi)
    {
        SafeFd queue = OpenDevice(options);
        try
        {
            Errno error = Take(queue, options.Name, multi);
            if (error == Errno.EINVAL && existed && !multi)
            {
                // A tap that can have several queues is only given to who says that he knows.
                multi = true;
                error = Take(queue, options.Name, multi);
            }
            return error == Errno.None ? queue : throw Refuse(options, Reason(options, existed, error));
        }
        catch
        {
            queue.Dispose();
            throw;
        }
    }

    private static SafeFd OpenDevice(TapOptions options)
    {
        int fd = Linux.open(Device, Linux.O_RDWR | Linux.O_NONBLOCK | Linux.O_CLOEXEC, 0);
        if (fd >= 0)
            return new SafeFd(fd);
        Errno error = Linux.LastError;
        throw Refuse(options, error switch
        {
            Errno.ENOENT or Errno.ENODEV or Errno.ENXIO => $"this host has no {Device}; load its module ('modprobe tun'), or use passt",
            Errno.EACCES or Errno.EPERM => $"no permission to open {Device}; ask for access to it, or use passt",
            _ => new HostException($"open {Device}", error).Message,
        });
    }

    private static Errno Take(SafeFd queue, string name, bool multi)
    {
        Linux.ifreq request = TapControl.Request(name);
        request.ifr_flags = (short)(Linux.IFF_TAP | Linux.IFF_NO_PI | Linux.IFF_VNET_HDR | (multi ? Linux.IFF_MULTI_QUEUE : 0));
        return Linux.ioctl(queue.Number, Linux.TUNSETIFF, (nint)(&request)) == 0 ? Errno.None : Linux.LastError;
    }

    private static string Reason(TapOptions options, bool existed, Errno error)
    {
        string name = options.Name;
        string queues = options.QueuePairs > 1 ? " multi_queue" : "";
        return error switch
        {
            Errno.EBUSY => "is in use by another program; end it first, or use another tap",
            Errno.EPERM or Errno.EACCES when existed => $"belongs to another user; make it yours with 'ip tuntap add {name} mode tap{queues} user {Environment.UserName}' as root",
            Errno.EPERM or Errno.EACCES => $"no such interface, and no permission to make it; make it with 'ip tuntap add {name} mode tap{queues} user {Environment.UserName}' as root",
            Errno.EINVAL when existed && !IsTap(name) => "is an interface, but no tap; use another name",
            Errno.EINVAL when existed && options.QueuePairs > 1 => $"has one queue; make it with 'ip tuntap add {name} mode tap multi_queue', or leave queues out",
            Errno.E2BIG => $"has no {options.QueuePairs} free queues; ask for fewer",
            _ => new HostException("ioctl TUNSETIFF", error).Message,
        };
    }

    /// <summary>The kernel shows flags of tun and tap interfaces only.</summary>
    private static bool IsTap(string name)
    {
        try
        {
            string text = File.ReadAllText($"/sys/class/net/{name}/tun_flags").Trim();
            return (Convert.ToInt32(text, 16) & Linux.IFF_TAP) != 0;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException)
        {
            return false;
        }
    }

    private static void SetUp(SafeFd interfaces, TapOptions options)
    {
        Linux.ifreq request = TapControl.Request(options.Name);
        if (options.Mtu is int mtu)
        {
            request.ifr_mtu = mtu;
            if (Linux.ioctl(interfaces.Number, Linux.SIOCSIFMTU, (nint)(&request)) < 0)
                throw Refuse(options, new HostException($"ioctl SIOCSIFMTU {mtu}", Linux.LastError).Message);
        }
        request.ifr_flags = (short)((TryGetFlags(interfaces, options.Name) ?? 0) | Linux.IFF_UP);
        if (Linux.ioctl(interfaces.Number, Linux.SIOCSIFFLAGS, (nint)(&request)) < 0)
            throw Refuse(options, new HostException("ioctl SIOCSIFFLAGS", Linux.LastError).Message);
    }

    /// <summary>What interfaces are asked about through: any socket.</summary>
    private static SafeFd Interfaces() => SafeFd.Own(Linux.socket(Linux.AF_UNIX, Linux.SOCK_DGRAM | Linux.SOCK_CLOEXEC, 0), "socket");

    private static short? TryGetFlags(SafeFd interfaces, string name)
    {
        Linux.ifreq request = TapControl.Request(name);
        return Linux.ioctl(interfaces.Number, Linux.SIOCGIFFLAGS, (nint)(&request)) == 0 ? request.ifr_flags : null;
    }

    private static ushort? MtuOf(SafeFd interfaces, string name)
    {
        Linux.ifreq request = TapControl.Request(name);
        bool known = Linux.ioctl(interfaces.Number, Linux.SIOCGIFMTU, (nint)(&request)) == 0;
        return known ? (ushort)Math.Clamp(request.ifr_mtu, 68, ushort.MaxValue) : null;
    }

    private static VmmException Refuse(TapOptions options, string reason) => new($"tap '{options.Name}': {reason}");
}
