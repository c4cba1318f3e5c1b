using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>io_uring (linux/io_uring.h), which the C library does not wrap.</summary>
internal static unsafe partial class Linux
{
    public const long SYS_io_uring_setup = 425;
    public const long SYS_io_uring_enter = 426;
    public const long SYS_io_uring_register = 427;
    public const uint IORING_REGISTER_FILES = 2;
    public const byte IORING_OP_READV = 1;
    public const byte IORING_OP_WRITEV = 2;
    public const byte IORING_OP_FSYNC = 3;
    public const uint IORING_FSYNC_DATASYNC = 1;
    public const uint IORING_FEAT_SINGLE_MMAP = 1;
    public const uint IORING_FEAT_NODROP = 2;
    public const uint IORING_FEAT_SUBMIT_STABLE = 4;
    public const long IORING_OFF_SQ_RING = 0;
    public const long IORING_OFF_SQES = 0x1000_0000;

    /// <summary>struct io_sqring_offsets.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct io_sqring_offsets
    {
        public uint head, tail, ring_mask, ring_entries, flags, dropped, array, resv1;
        public ulong resv2;
    }

    /// <summary>struct io_cqring_offsets.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct io_cqring_offsets
    {
        public uint head, tail, ring_mask, ring_entries, overflow, cqes, flags, resv1;
        public ulong resv2;
    }

    /// <summary>struct io_uring_params.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct io_uring_params
    {
        public uint sq_entries, cq_entries;
        public uint flags;
        public uint sq_thread_cpu, sq_thread_idle;
        public uint features;
        public uint wq_fd;
        public fixed uint resv[3];
        public io_sqring_offsets sq_off;
        public io_cqring_offsets cq_off;
    }

    /// <summary>struct io_uring_sqe, with the members of reads, writes and fsync.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    public struct io_uring_sqe
    {
        [FieldOffset(0)] public byte opcode;
        [FieldOffset(4)] public int fd;
        [FieldOffset(8)] public ulong off;
        [FieldOffset(16)] public ulong addr;
        [FieldOffset(24)] public uint len;
        [FieldOffset(28)] public uint rw_flags;
        [FieldOffset(32)] public ulong user_data;
    }

    /// <summary>struct io_uring_cqe.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct io_uring_cqe
    {
        public ulong user_data;
        public int res;
        public uint flags;
    }

    [LibraryImport(LibC, SetLastError = true)]
    public static partial long syscall(long number, long first, nint second, nint third, long fourth);

    [LibraryImport(LibC, EntryPoint = "syscall", SetLastError = true)]
    public static partial long syscall6(long number, long first, nint second, nint third, long fourth, nint fifth, nint sixth);
}
