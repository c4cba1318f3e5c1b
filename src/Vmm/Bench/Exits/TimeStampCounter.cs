using Vmm.Host;

namespace Vmm.Bench.Exits;

/// <summary>The processor's TSC, which .NET has no name for: three instructions in a page of their own.</summary>
internal static unsafe class TimeStampCounter
{
    /// <summary>rdtsc · shl rdx, 32 · or rax, rdx · ret</summary>
    private static readonly byte[] s_code = [0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xd0, 0xc3];

    private static readonly delegate* unmanaged[SuppressGCTransition]<ulong> s_read = Place();

    /// <summary>The counter now.</summary>
    public static ulong Now => s_read();

    private static delegate* unmanaged[SuppressGCTransition]<ulong> Place()
    {
        const int page = 4096;
        nint address = Linux.mmap(0, page, Linux.PROT_READ | Linux.PROT_WRITE | Linux.PROT_EXEC, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        if (address == -1)
            throw HostException.Last("mmap of a page for code");
        s_code.CopyTo(new Span<byte>((void*)address, page));
        return (delegate* unmanaged[SuppressGCTransition]<ulong>)address;
    }
}
