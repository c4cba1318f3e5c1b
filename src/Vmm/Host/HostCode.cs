namespace Vmm.Host;

/// <summary>
/// Machine code of this program's own, in a page of its own: what .NET has no name for, and what the way of every exit would find
/// elsewhere in three pages and more instructions. Each is null where this process may have no code of its own making.
/// </summary>
internal static unsafe class HostCode
{
    /// <summary>ioctl, in the kernel's numbers (asm/unistd_64.h).</summary>
    private const byte IoctlNumber = 16;

    /// <summary>rdtsc · shl rdx, 32 · or rax, rdx · ret</summary>
    private static readonly byte[] s_readTsc = [0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xd0, 0xc3];

    /// <summary>mov eax, 16 · syscall · ret: the first three arguments are where the kernel expects them (System V ABI, AMD64, A.2.1).</summary>
    private static readonly byte[] s_ioctl = [0xb8, IoctlNumber, 0, 0, 0, 0x0f, 0x05, 0xc3];

    private static readonly nint s_page = Place();

    /// <summary>The time stamp counter.</summary>
    public static delegate* unmanaged[SuppressGCTransition]<ulong> ReadTsc => (delegate* unmanaged[SuppressGCTransition]<ulong>)s_page;

    /// <summary>The system call ioctl, past libc: descriptor, request, argument. A failure is the error's number, negative; errno is as it was.</summary>
    public static delegate* unmanaged<nint, nuint, nint, nint> Ioctl =>
        s_page == 0 ? null : (delegate* unmanaged<nint, nuint, nint, nint>)(s_page + s_readTsc.Length);

    private static nint Place()
    {
        nuint size = (nuint)Environment.SystemPageSize;
        nint page = Linux.mmap(0, size, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        if (page == -1)
            return 0;
        byte[] code = [.. s_readTsc, .. s_ioctl];
        code.CopyTo(new Span<byte>((void*)page, code.Length));
        if (Linux.mprotect(page, size, Linux.PROT_READ | Linux.PROT_EXEC) == 0)
            return page;
        _ = Linux.munmap(page, size);
        return 0;
    }
}
