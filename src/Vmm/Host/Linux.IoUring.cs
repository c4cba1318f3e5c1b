using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>io_uring (linux/io_uring.h), which the C library does not wrap.</summary>
internal static unsafe partial class Linux
{
    public const long SYS_io_uring_setup = 425;
    public const long SYS_io_uring_register = 427;
    public const uint IORING_REGISTER_FILES = 2;

    /// <summary>struct io_uring_params. A ring that is never entered needs none of its fields.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct io_uring_params
    {
        public uint sq_entries, cq_entries;
        public uint flags;
        public uint sq_thread_cpu, sq_thread_idle;
        public uint features;
        public uint wq_fd;
        public fixed uint resv[3];
        public fixed byte sq_off[40], cq_off[40];
    }

    [LibraryImport(LibC, SetLastError = true)]
    public static partial long syscall(long number, long first, nint second, nint third, long fourth);
}
