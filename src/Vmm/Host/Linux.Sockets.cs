using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>Unix sockets and pipes (sys/socket.h, sys/un.h, unistd.h).</summary>
internal static unsafe partial class Linux
{
    public const ushort AF_UNIX = 1;
    public const int SOCK_STREAM = 1;
    public const int SOCK_DGRAM = 2;
    public const int SOCK_NONBLOCK = O_NONBLOCK;
    public const int SOCK_CLOEXEC = O_CLOEXEC;
    public const int SOL_SOCKET = 1;
    public const int SCM_RIGHTS = 1;
    public const int SO_TYPE = 3;
    public const int SO_SNDBUF = 7;
    public const int SO_RCVTIMEO = 20;
    public const int SO_SNDTIMEO = 21;
    public const int SO_ACCEPTCONN = 30;
    public const int SO_DOMAIN = 39;
    public const int MSG_PEEK = 2;
    public const int MSG_CTRUNC = 8;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int MSG_CMSG_CLOEXEC = 0x40000000;
    public const int SHUT_RD = 0;
    public const int SHUT_WR = 1;
    public const int SHUT_RDWR = 2;
    public const int RLIMIT_NOFILE = 7;
    public const int O_PATH = 0x200000;
    public const int O_DIRECTORY = 0x10000;
    public const int O_NOFOLLOW = 0x20000;
    public const short POLLERR = 8;
    public const short POLLHUP = 0x10;
    public const short POLLRDHUP = 0x2000;

    [StructLayout(LayoutKind.Sequential)]
    public struct sockaddr_un
    {
        public const int PathSize = 108;

        public ushort sun_family;
        public fixed byte sun_path[PathSize];
    }

    /// <summary>struct rlimit (sys/resource.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct rlimit
    {
        public ulong rlim_cur;
        public ulong rlim_max;
    }

    /// <summary>struct msghdr (sys/socket.h); <see cref="msg_iov"/> is an array of struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct msghdr
    {
        public void* msg_name;
        public uint msg_namelen;
        public void* msg_iov;
        public nuint msg_iovlen;
        public void* msg_control;
        public nuint msg_controllen;
        public int msg_flags;
    }

    /// <summary>struct cmsghdr (sys/socket.h): what stands before data that goes along with a message.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct cmsghdr
    {
        public nuint cmsg_len;
        public int cmsg_level;
        public int cmsg_type;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct timeval
    {
        public long tv_sec;
        public long tv_usec;
    }

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int socketpair(int domain, int type, int protocol, int* ends);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int bind(int fd, sockaddr_un* address, uint length);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int connect(int fd, sockaddr_un* address, uint length);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int listen(int fd, int backlog);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int accept4(int fd, void* address, void* length, int flags);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint send(int fd, void* buffer, nuint count, int flags);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint recv(int fd, void* buffer, nuint count, int flags);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint sendmsg(int fd, msghdr* message, int flags);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint recvmsg(int fd, msghdr* message, int flags);

    /// <summary><paramref name="segments"/> is an array of struct iovec.</summary>
    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint readv(int fd, void* segments, int count);

    /// <summary><paramref name="segments"/> is an array of struct iovec.</summary>
    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint writev(int fd, void* segments, int count);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int getrlimit(int resource, rlimit* limit);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int setrlimit(int resource, rlimit* limit);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int shutdown(int fd, int how);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int setsockopt(int fd, int level, int option, void* value, uint length);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int getsockopt(int fd, int level, int option, void* value, uint* length);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int fchmod(int fd, uint mode);

    [LibraryImport(LibC, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int unlinkat(int directory, string path, int flags);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int pipe2(int* ends, int flags);
}
