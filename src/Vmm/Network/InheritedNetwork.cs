using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Spec;
using Vmm.Host;

namespace Vmm.Network;

/// <summary>Descriptors that vmm was started with: queues of a tap, or sockets that keep messages apart. Which of them one is, it is asked itself.</summary>
internal static unsafe class InheritedNetwork
{
    /// <summary>Takes them. What was inherited stays open too: a guest that starts again needs it again.</summary>
    /// <param name="numbers">One a pair of queues.</param>
    /// <param name="loop">The device's event thread.</param>
    /// <exception cref="VmmException">One cannot be used.</exception>
    public static DescriptorBackend Open(IReadOnlyList<int> numbers, EventLoop loop)
    {
        List<FrameDescriptor> pairs = [];
        NetworkOffloads offloads = NetworkOffloads.None;
        try
        {
            foreach (int number in numbers)
            {
                SafeFd fd = Duplicate(number);
                pairs.Add(Take(fd, number, loop, out bool hasHeader));
                if (pairs.Count == 1 && hasHeader)
                    offloads = TapControl.Probe(fd);
                else if (hasHeader != (offloads != NetworkOffloads.None))
                    throw Refuse(number, "is of another kind than the one before it; all have to be queues of one tap, or sockets");
            }
            return new DescriptorBackend([.. pairs], offloads);
        }
        catch
        {
            foreach (FrameDescriptor pair in pairs)
                pair.Dispose();
            throw;
        }
    }

    private static SafeFd Duplicate(int number)
    {
        int fd = Linux.fcntl(number, Linux.F_DUPFD_CLOEXEC, 0);
        if (fd >= 0)
            return new SafeFd(fd);
        Errno error = Linux.LastError;
        throw Refuse(number, error == Errno.EBADF
            ? "is not open; start vmm with a tap's descriptor of that number"
            : new HostException("fcntl F_DUPFD_CLOEXEC", error).Message);
    }

    private static FrameDescriptor Take(SafeFd fd, int number, EventLoop loop, out bool hasHeader)
    {
        try
        {
            bool endsWithPeer = false;
            Linux.ifreq request = default;
            if (Linux.ioctl(fd.Number, Linux.TUNGETIFF, (nint)(&request)) == 0)
                hasHeader = CheckTap(request.ifr_flags, number);
            else
                (hasHeader, endsWithPeer) = (false, CheckSocket(fd, number) == Linux.SOCK_SEQPACKET);
            if (hasHeader)
                TapControl.SetHeaderSize(fd, NetworkDevice.HeaderSize);
            int flags = Linux.fcntl(fd.Number, Linux.F_GETFL, 0);
            if (flags < 0 || Linux.fcntl(fd.Number, Linux.F_SETFL, flags | Linux.O_NONBLOCK) < 0)
                throw HostException.Last("fcntl F_SETFL");
            return new FrameDescriptor(fd, loop, hasHeader, endsWithPeer);
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    private static bool CheckTap(short flags, int number)
    {
        if ((flags & Linux.IFF_TAP) == 0)
            throw Refuse(number, "is a tun, which has no Ethernet frames; give a tap's");
        // Whether it was opened with IFF_NO_PI, as it has to be, cannot be told: the kernel uses that bit to say that there is no filter.
        return (flags & Linux.IFF_VNET_HDR) != 0;
    }

    private static int CheckSocket(SafeFd fd, int number)
    {
        int type;
        uint length = sizeof(int);
        if (Linux.getsockopt(fd.Number, Linux.SOL_SOCKET, Linux.SO_TYPE, &type, &length) < 0)
            throw Refuse(number, "is neither a tap nor a socket");
        return type is Linux.SOCK_DGRAM or Linux.SOCK_SEQPACKET
            ? type
            : throw Refuse(number, "is a socket that does not keep messages apart; give one of type SOCK_SEQPACKET or SOCK_DGRAM");
    }

    private static VmmException Refuse(int number, string reason) => new($"net fd={number}: {reason}");
}
