using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>eventfd and epoll (sys/eventfd.h, sys/epoll.h).</summary>
internal static unsafe partial class Linux
{
    public const int EFD_NONBLOCK = O_NONBLOCK;
    public const int EFD_CLOEXEC = O_CLOEXEC;
    public const int EPOLL_CLOEXEC = O_CLOEXEC;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;
    public const uint EPOLLIN = 1;
    public const uint EPOLLOUT = 4;
    public const uint EPOLLERR = 8;
    public const uint EPOLLHUP = 0x10;
    public const uint EPOLLRDHUP = 0x2000;
    public const uint EPOLLET = 0x8000_0000;

    /// <summary>struct epoll_event; packed on x86-64.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct epoll_event
    {
        public uint events;
        public ulong data;
    }

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int eventfd(uint initial, int flags);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int epoll_ctl(int epoll, int operation, int fd, epoll_event* descriptor);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int epoll_wait(int epoll, epoll_event* events, int capacity, int timeout);
}
