using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>io_uring (linux/io_uring.h), which the C library does not wrap.</summary>
internal static unsafe partial class Linux
{
    public const long SYS_io_uring_setup = 425;
    public const long SYS_io_uring_register = 427;
    public const uint IORING_REGISTER_FILES = 2;

    /// <summary>struct io_uring_params. Only its size matters here: a ring that is never entered needs none of its fields.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct io_uring_params
    {
        public fixed uint words[30];
    }

    [LibraryImport(LibC, SetLastError = true)]
    public static partial long syscall(long number, long first, nint second, nint third, long fourth);
}
