namespace Vmm.Host;

/// <summary>A descriptor that goes along with bytes on a Unix socket (unix(7), SCM_RIGHTS): the other process gets one of its own for the same file.</summary>
internal static unsafe class PassedDescriptor
{
    /// <summary>Sends bytes, and a descriptor along with the first of them.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="bytes">At least one.</param>
    /// <param name="passed">The descriptor; it stays the caller's.</param>
    /// <returns>How many bytes went; the descriptor went along if any did.</returns>
    /// <exception cref="HostException">The kernel refused.</exception>
    public static int Send(int socket, ReadOnlySpan<byte> bytes, SafeFd passed)
    {
        Control control = new()
        {
            Header = new() { cmsg_len = (nuint)(sizeof(Linux.cmsghdr) + sizeof(int)), cmsg_level = Linux.SOL_SOCKET, cmsg_type = Linux.SCM_RIGHTS },
            Descriptor = passed.Number,
        };
        fixed (byte* start = bytes)
        {
            Segment segment = new() { Base = start, Length = (nuint)bytes.Length };
            Linux.msghdr message = new() { msg_iov = &segment, msg_iovlen = 1, msg_control = &control, msg_controllen = (nuint)sizeof(Control) };
            nint sent;
            do
                sent = Linux.sendmsg(socket, &message, Linux.MSG_NOSIGNAL);
            while (sent < 0 && Linux.Interrupted);
            return sent >= 0 ? (int)sent : throw HostException.Last("sendmsg of a descriptor");
        }
    }

    /// <summary>Receives bytes, and the descriptor that came along with them.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="bytes">Where to.</param>
    /// <param name="passed">It, the caller's from now on; null when none came.</param>
    /// <returns>How many bytes came; 0 at the end.</returns>
    /// <exception cref="HostException">The kernel refused.</exception>
    public static int Receive(int socket, Span<byte> bytes, out SafeFd? passed)
    {
        Control control = default;
        fixed (byte* start = bytes)
        {
            Segment segment = new() { Base = start, Length = (nuint)bytes.Length };
            // Without the padding, in which a second one would have room: it would be this process's, and nobody would know of it.
            Linux.msghdr message = new() { msg_iov = &segment, msg_iovlen = 1, msg_control = &control, msg_controllen = (nuint)(sizeof(Linux.cmsghdr) + sizeof(int)) };
            nint got;
            do
                got = Linux.recvmsg(socket, &message, Linux.MSG_CMSG_CLOEXEC);
            while (got < 0 && Linux.Interrupted);
            if (got < 0)
                throw HostException.Last("recvmsg of a descriptor");
            // There is room for one; the kernel closes what there is no room for.
            bool came = message.msg_controllen >= (nuint)(sizeof(Linux.cmsghdr) + sizeof(int))
                && control.Header.cmsg_level == Linux.SOL_SOCKET && control.Header.cmsg_type == Linux.SCM_RIGHTS;
            passed = came ? new SafeFd(control.Descriptor) : null;
            return (int)got;
        }
    }

    /// <summary>struct iovec.</summary>
    private struct Segment
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary>Room for one descriptor: CMSG_SPACE of an int is a header and 8 bytes.</summary>
    private struct Control
    {
        public Linux.cmsghdr Header;
        public int Descriptor;
        public int Padding;
    }
}
