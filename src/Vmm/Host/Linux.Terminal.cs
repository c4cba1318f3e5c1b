using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>Terminals (termios.h, sys/ioctl.h, poll.h).</summary>
internal static unsafe partial class Linux
{
    public const int StandardInput = 0;
    public const int StandardOutput = 1;
    public const int StandardError = 2;

    public const int TCSANOW = 0;
    public const int TCSADRAIN = 1;
    public const nuint TIOCGWINSZ = 0x5413;
    public const uint OPOST = 1;
    public const uint ONLCR = 4;
    public const short POLLIN = 1;
    public const short POLLOUT = 4;

    /// <summary>struct termios of the C library.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct termios
    {
        public const int NCCS = 32;

        public uint c_iflag;
        public uint c_oflag;
        public uint c_cflag;
        public uint c_lflag;
        public byte c_line;
        public fixed byte c_cc[NCCS];
        public uint c_ispeed;
        public uint c_ospeed;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct winsize
    {
        public ushort ws_row;
        public ushort ws_col;
        public ushort ws_xpixel;
        public ushort ws_ypixel;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct pollfd
    {
        public int fd;
        public short events;
        public short revents;
    }

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int isatty(int fd);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int tcgetattr(int fd, termios* settings);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int tcsetattr(int fd, int when, termios* settings);

    [LibraryImport(LibC)]
    public static partial void cfmakeraw(termios* settings);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int tcgetpgrp(int fd);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int getpgrp();

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int ppoll(pollfd* fds, nuint count, timespec* timeout, void* signals);
}
